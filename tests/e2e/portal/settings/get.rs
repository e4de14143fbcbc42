//! `GET portal/settings/get`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::{CREDENTIALS, Msp, credentials};

#[tokio::test]
async fn tells_the_settings_without_the_keys() {
    let msp = Msp::signed_in().await;
    let message = msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/get").await;
    assert!(message.contains("portal/settings/credentials"), "{message}");
    msp.sets_up().await;
    insta::assert_json_snapshot!(msp.get("settings/get").await);
}

#[tokio::test]
async fn a_new_way_in_is_not_in_force_before_it_is_saved() {
    let msp = Msp::set_up().await;
    let before = msp.get("settings/get").await;
    let other = credentials(json!({"siteUrl": "eu.myconnectwise.net", "timeZone": "Europe/Berlin"}));
    msp.done(CREDENTIALS, &other).await;
    assert_eq!(msp.get("settings/get").await, before);
}
