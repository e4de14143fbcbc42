//! `GET portal/settings/options`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::bodies::credentials;
use crate::portal::msp::{CREDENTIALS, Msp};

#[tokio::test]
async fn returns_the_options_of_connectwise_and_the_vendor() {
    let msp = Msp::signed_in().await;
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/options").await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    insta::assert_json_snapshot!(msp.get("settings/options").await);
}

#[tokio::test]
async fn returns_the_statuses_of_a_board() {
    let msp = Msp::set_up().await;
    let expected = json!({"statuses": [
        {"id": 21, "name": "New", "closes": false, "default": true},
        {"id": 22, "name": "In Progress", "closes": false, "default": false},
        {"id": 23, "name": "Closed", "closes": true, "default": false},
        {"id": 24, "name": "Cancelled", "closes": false, "default": false},
    ]});
    assert_eq!(msp.get("settings/options?board=2").await, expected, "without the inactive status");
    for board in ["99", "x", "-1"] {
        msp.refused_get(ErrorCode::FieldsInvalid, &format!("settings/options?board={board}")).await;
    }
}

#[tokio::test]
async fn a_draft_expires_after_an_hour() {
    let msp = Msp::signed_in().await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    let later = msp.at("2031-05-15T17:01:00Z").await;
    later.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/options").await;
}
