//! `POST portal/settings/credentials`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::portal::msp::{CREDENTIALS, Msp, PRIVATE_KEY, credentials, secrets};

#[tokio::test]
async fn proves_the_way_in() {
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
    assert_eq!(msp.writes(), [""; 0], "the way in is proved by reading");
}

#[tokio::test]
async fn is_not_in_force_before_the_choices() {
    let msp = Msp::signed_in().await;
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "settings/get").await;
    msp.refused_get(ErrorCode::ConnectWiseNotConfigured, "companies/list").await;
}

#[tokio::test]
async fn the_zone_can_be_said() {
    let msp = Msp::signed_in().await;
    for zone in ["Europe/Berlin", "W. Europe Standard Time"] {
        let proved = msp.done(CREDENTIALS, &credentials(json!({"timeZone": zone}))).await;
        assert_eq!(proved["timeZone"], zone);
    }
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let msp = Msp::signed_in().await;
    let all = ["companyIdentifier", "privateKey", "publicKey", "siteUrl"];
    msp.faulty(&all, CREDENTIALS, &json!({})).await;
    let blank = json!({"siteUrl": " ", "companyIdentifier": "", "publicKey": " ", "privateKey": "\n"});
    msp.faulty(&all, CREDENTIALS, &blank).await;
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
        msp.faulty(&[field], CREDENTIALS, &credentials(fault)).await;
    }
    assert_eq!(msp.bss.stack.connectwise.calls(), [], "nobody is called with what can't be right");
}

#[tokio::test]
async fn what_connectwise_refuses_is_said_at_its_field() {
    let msp = Msp::signed_in().await;
    msp.faulty(&["companyIdentifier"], CREDENTIALS, &credentials(json!({"companyIdentifier": "nobody"}))).await;
    for wrong in [json!({"publicKey": "unknown"}), json!({"privateKey": "wrong"})] {
        let said = msp.faulty(&["publicKey"], CREDENTIALS, &credentials(wrong)).await;
        assert!(said.contains("both keys"), "{said}");
    }
    msp.faults(json!([{"path": "*", "status": 503}]));
    let (status, answer) = msp.post(CREDENTIALS, &credentials(json!({}))).await;
    assert!([400, 502].contains(&status), "{answer}");
    msp.faults(json!([]));
    msp.done(CREDENTIALS, &credentials(json!({}))).await;
}

#[tokio::test]
async fn lacking_rights_are_named() {
    let msp = Msp::signed_in().await;
    let limited = credentials(json!({"publicKey": "pub-limited", "privateKey": "priv-limited"}));
    let said = msp.faulty(&["publicKey"], CREDENTIALS, &limited).await;
    for right in ["Finance > Agreements", "System > Custom Menu Entry"] {
        assert!(said.contains(right), "{said}");
    }
    assert!(!said.contains("Product Catalog"), "{said}");
}

#[tokio::test]
async fn a_member_that_is_misspelt_is_named_without_its_value() {
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
    if let Some(table) = msp.bss.table() {
        let text = table.to_string();
        assert!(text.contains("api-na.myconnectwise.net"), "the draft is there");
        for secret in secrets() {
            assert!(!text.contains(&secret), "a key in the table");
        }
    }
}
