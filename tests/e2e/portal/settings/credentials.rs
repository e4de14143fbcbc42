//! `POST portal/settings/credentials`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::bodies::credentials;
use crate::portal::msp::{CREDENTIALS, Msp, PRIVATE_KEY, secrets};

#[tokio::test]
async fn verifies_the_connection() {
    let msp = Msp::signed_in().await;
    let expected = json!({
        "siteUrl": "api-na.myconnectwise.net", "companyIdentifier": "demo", "version": "v2026.4",
        "timeZone": "Eastern Standard Time",
    });
    for site in [
        "na.myconnectwise.net",
        "api-na.myconnectwise.net",
        " https://NA.myconnectwise.net/v4_6_release/ConnectWise.aspx ",
    ] {
        assert_eq!(msp.done(CREDENTIALS, &credentials(json!({"siteUrl": site}))).await, expected, "{site}");
    }
    assert_eq!(msp.writes(), [""; 0], "the connection is verified by reads");
}

#[tokio::test]
async fn is_not_active_before_the_settings_are_saved() {
    let msp = Msp::signed_in().await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/get").await;
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "companies/list").await;
}

#[tokio::test]
async fn the_time_zone_can_be_set() {
    let msp = Msp::signed_in().await;
    for zone in ["Europe/Berlin", "W. Europe Standard Time"] {
        let proved = msp.done(CREDENTIALS, &credentials(json!({"timeZone": zone}))).await;
        assert_eq!(proved["timeZone"], zone);
    }
}

#[tokio::test]
async fn every_invalid_field_is_named() {
    let msp = Msp::signed_in().await;
    let all = ["companyIdentifier", "privateKey", "publicKey", "siteUrl"];
    msp.invalid_fields(&all, CREDENTIALS, &json!({})).await;
    let blank = json!({"siteUrl": " ", "companyIdentifier": "", "publicKey": " ", "privateKey": "\n"});
    msp.invalid_fields(&all, CREDENTIALS, &blank).await;
    for (fault, field) in [
        (json!({"siteUrl": "http://na.myconnectwise.net"}), "siteUrl"),
        (json!({"siteUrl": "na.myconnectwise.net:8443"}), "siteUrl"),
        (json!({"siteUrl": "169.254.169.254"}), "siteUrl"),
        (json!({"siteUrl": "evil.example"}), "siteUrl"),
        (json!({"siteUrl": "api-na.myconnectwise.net.evil.example"}), "siteUrl"),
        (json!({"companyIdentifier": "demo+pub"}), "companyIdentifier"),
        (json!({"publicKey": "a:b"}), "publicKey"),
        (json!({"timeZone": "Mars/Olympus"}), "timeZone"),
    ] {
        msp.invalid_fields(&[field], CREDENTIALS, &credentials(fault)).await;
    }
    assert_eq!(msp.bss.stack.connectwise.calls(), [], "no call with invalid fields");
}

#[tokio::test]
async fn a_rejection_by_connectwise_names_the_field() {
    let msp = Msp::signed_in().await;
    msp.invalid_fields(&["companyIdentifier"], CREDENTIALS, &credentials(json!({"companyIdentifier": "unknown"})))
        .await;
    for wrong in [json!({"publicKey": "unknown"}), json!({"privateKey": "wrong"})] {
        let message = msp.invalid_fields(&["publicKey"], CREDENTIALS, &credentials(wrong)).await;
        assert!(message.contains("both keys"), "{message}");
    }
    msp.faults(json!([{"path": "*", "status": 503}]));
    let (status, answer) = msp.post(CREDENTIALS, &credentials(json!({}))).await;
    assert!([400, 502].contains(&status), "{answer}");
    msp.faults(json!([]));
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
}

#[tokio::test]
async fn missing_permissions_are_named() {
    let msp = Msp::signed_in().await;
    let limited = credentials(json!({"publicKey": "pub-limited", "privateKey": "priv-limited"}));
    let message = msp.invalid_fields(&["publicKey"], CREDENTIALS, &limited).await;
    for right in ["Finance > Agreements", "System > Custom Menu Entry"] {
        assert!(message.contains(right), "{message}");
    }
    assert!(!message.contains("Product Catalog"), "{message}");
}

#[tokio::test]
async fn an_unknown_member_is_named_without_its_value() {
    let msp = Msp::signed_in().await;
    for body in [json!({"privatekey": PRIVATE_KEY}), json!({"privateKey": [PRIVATE_KEY]})] {
        let message = msp.refused(ErrorCode::BadRequest, CREDENTIALS, &body).await;
        assert!(message.to_lowercase().contains("privatekey"), "{message}");
    }
}

#[tokio::test]
async fn the_keys_are_not_in_the_table() {
    let msp = Msp::signed_in().await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    let text = json!(msp.bss.table().await).to_string();
    assert!(text.contains("api-na.myconnectwise.net"), "the draft is there");
    for secret in secrets() {
        assert!(!text.contains(&secret), "a key in the table");
    }
}
