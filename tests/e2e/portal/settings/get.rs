//! `GET portal/settings/get`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::bodies::credentials;
use crate::portal::msp::{CREDENTIALS, Msp};

#[tokio::test]
async fn returns_the_settings_without_the_keys() {
    let msp = Msp::signed_in().await;
    let message = msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/get").await;
    assert!(message.contains("portal/settings/credentials"), "{message}");
    msp.set_up_connectwise().await;
    insta::assert_json_snapshot!(msp.get("settings/get").await);
}

#[tokio::test]
async fn new_credentials_are_not_active_before_they_are_saved() {
    let msp = Msp::set_up().await;
    let before = msp.get("settings/get").await;
    let other = credentials(json!({"siteUrl": "eu.myconnectwise.net", "timeZone": "Europe/Berlin"}));
    msp.done(CREDENTIALS, &other).await;
    assert_eq!(msp.get("settings/get").await, before);
}
