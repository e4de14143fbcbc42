//! Vendors that quote the credential that they reject: no answer, ticket or item repeats it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use sandbox::dropbox;
use sandbox::dropsuite::PARTNERS;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, account, merged};
use crate::dropbox::demo::{CREATE, STANDARD, order};
use crate::portal::msp::bodies::credentials;
use crate::portal::msp::{CREDENTIALS, Msp, PRIVATE_KEY, PUBLIC_KEY, secrets};

const REDACTED: &str = "[redacted]";

#[tokio::test]
async fn dropsuites_words_do_not_repeat_a_token() {
    let bss = Bss::start().await;
    let quoted = format!("no access for {} and {}", PARTNERS[0].reseller_token, PARTNERS[0].admin_token);
    for (status, body) in [
        (422, json!({"message": quoted})),
        (422, json!({"errors": {"email": [quoted]}})),
        (400, json!(format!("Error: {quoted}"))),
        (403, json!({"error": quoted})),
    ] {
        bss.vendor_faults(json!([{"method": "POST", "path": "/users", "status": status, "body": body}]));
        let (_, answer) = bss.post("accounts/synchronize", &account(json!({}))).await;
        assert_eq!(answer["Message"].as_str().unwrap().matches(REDACTED).count(), 2, "{status} {answer}");
    }
    bss.vendor_faults(json!([{"path": "/plans", "status": 403, "body": {"message": quoted}}]));
    let fields = json!({"Fields": [
        {"ID": "ResellerToken", "Value": PARTNERS[0].reseller_token},
        {"ID": "AccessToken", "Value": PARTNERS[0].admin_token},
    ]});
    let problems = bss.read(bss.send(Method::POST, "fields/validate", fields.to_string()).await).await.1;
    assert!(problems[0].as_str().unwrap().contains(REDACTED), "{problems}");
}

#[tokio::test]
async fn dropboxs_words_do_not_repeat_a_credential() {
    let bss = Bss::with_dropbox_account().await;
    let partner = dropbox::PARTNERS[0];
    let basic = BASE64_STANDARD.encode(format!("{}:{}", partner.user, partner.password));
    for quoted in [partner.password, partner.user, &basic, &format!("Basic {basic}")] {
        let rules = json!([{"path": "*", "status": 400, "body": format!("Error in call: {quoted}")}]);
        bss.stack.dropbox.faults().set(serde_json::from_value(rules).unwrap());
        let (_, answer) = bss.post(CREATE, &order(STANDARD, 5, json!({}))).await;
        let text = answer.to_string();
        assert!(text.contains(REDACTED) && !text.contains(quoted), "{answer}");
    }
}

#[tokio::test]
async fn connectwises_words_do_not_repeat_a_key() {
    let msp = Msp::signed_in().await;
    for (index, quoted) in secrets().into_iter().take(3).enumerate() {
        msp.faults(json!([{
            "path": "*companies*", "status": 403,
            "body": {"code": "ConnectWiseApi", "message": format!("the key {quoted} is not allowed here")},
        }]));
        let (_, answer) = msp.post(CREDENTIALS, &credentials(json!({}))).await;
        let text = answer.to_string();
        assert!(text.contains(REDACTED), "{index}: {answer}");
        assert!(![PRIVATE_KEY, PUBLIC_KEY].iter().any(|key| text.contains(key)), "{index}: {answer}");
    }
}

#[tokio::test]
async fn an_organizations_own_token_does_not_reach_a_ticket() {
    let msp = Msp::with_tenant().await;
    let organization = msp.bss.organizations()[0].clone();
    let token = organization["authentication_token"].as_str().unwrap();
    let row = json!({"id": 77, "email": "ann@acme.example", "current_backup_status": "Authentication Error"});
    let row = merged(row, json!({"errors": [format!("the token {token} has expired")]}));
    msp.bss.vendor_faults(json!([{"path": "/accounts", "status": 200, "body": [row]}]));
    msp.run_checks().await;
    let tickets = json!([msp.tickets(), msp.bss.table().await]).to_string();
    assert!(tickets.contains(REDACTED) && !tickets.contains(token), "{tickets}");
    let listed = msp.get("tickets/list").await.to_string();
    assert!(!listed.contains(token), "{listed}");
}

#[tokio::test]
async fn a_value_of_a_wrong_type_is_not_quoted() {
    let bss = Bss::with_account().await;
    let token = "55555555-5555-4555-8555-555555555555";
    bss.vendor_faults(json!([{"path": "/plans", "status": 200, "body": {"data": token}}]));
    let (_, answer) = bss.get("service/definitions").await;
    assert_eq!(answer["Code"], ErrorCode::VendorUnavailable.number(), "{answer}");
    assert!(!answer.to_string().contains(token), "{answer}");
}
