//! `POST fields/validate`

use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};

use crate::client::Bss;

fn filled(reseller_token: &str, access_token: &str, api_url: &str) -> Value {
    json!({"Fields": [
        {"ID": "ResellerToken", "Value": reseller_token, "Definition": null},
        {"ID": "AccessToken", "Value": access_token},
        {"ID": "ApiUrl", "Value": api_url},
    ]})
}

async fn problems(bss: &Bss, fields: &Value) -> Vec<String> {
    let (status, problems) = bss.post("fields/validate", fields).await;
    assert_eq!(status, 200);
    serde_json::from_value(problems).unwrap()
}

#[tokio::test]
async fn good_settings_are_an_empty_list() {
    let bss = Bss::start().await;
    let [demo, second] = PARTNERS;
    for partner in [demo, second] {
        let fields = filled(partner.reseller_token, partner.admin_token, "");
        assert_eq!(bss.post("fields/validate", &fields).await, (200, json!([])));
    }
    let own_address = filled(demo.reseller_token, demo.admin_token, &bss.stack.dropsuite_url);
    assert_eq!(problems(&bss, &own_address).await, [""; 0]);
    assert_eq!(bss.writes(), [""; 0]);
}

#[tokio::test]
async fn what_was_filled_in_counts_and_not_the_headers() {
    let bss = Bss::start().await.with("x-cloudplatform-setting-accesstoken", "of-yesterday");
    let [demo, _] = PARTNERS;
    assert_eq!(problems(&bss, &filled(demo.reseller_token, demo.admin_token, "")).await, [""; 0]);
}

#[tokio::test]
async fn each_unusable_field_is_told_once_and_nothing_is_called() {
    let bss = Bss::start().await;
    let token = "/ ResellerToken, Access Token";
    assert_eq!(
        problems(&bss, &json!({"Fields": null})).await,
        [
            "Reseller Token is missing. It is shown in the Dropsuite portal under Settings > API Settings.",
            "Access Token is missing. It is shown in the Dropsuite portal under Settings > API Settings.",
        ],
    );
    let told = problems(&bss, &filled("12345", token, "http://169.254.169.254/latest")).await;
    assert_eq!(told.len(), 3);
    assert!(told[0].starts_with("Reseller Token is not a token"), "{}", told[0]);
    assert!(told[1].starts_with("Access Token is not a token"), "{}", told[1]);
    assert!(told[2].starts_with("API URL must start with https:// and name a host of Dropsuite"), "{}", told[2]);
    assert!(!told.concat().contains(token), "what was filled in may be a secret");
    assert_eq!(bss.stack.dropsuite.calls(), []);
}

#[tokio::test]
async fn only_the_vendors_hosts_may_be_named() {
    let bss = Bss::start().await;
    let [demo, _] = PARTNERS;
    for url in [
        "http://127.0.0.1:9004/",
        "https://localhost/api",
        "https://dropsuite.us.example.com/api",
        "https://dropsuite.us@example.com/api",
        "https://dropsuite.us:8443/api",
        "http://dropsuite.us/api",
        "file:///etc/passwd",
        "dropsuite",
    ] {
        let told = problems(&bss, &filled(demo.reseller_token, demo.admin_token, url)).await;
        assert!(matches!(told.as_slice(), [one] if one.starts_with("API URL ")), "{url}: {told:?}");
    }
    assert_eq!(bss.stack.dropsuite.calls(), []);
}

#[tokio::test]
async fn the_vendor_says_which_token_is_wrong() {
    let bss = Bss::start().await;
    let [demo, second] = PARTNERS;
    let told = problems(&bss, &filled("99999999-9999-4999-8999-999999999999", demo.admin_token, "")).await;
    assert!(matches!(told.as_slice(), [one] if one.starts_with("Reseller Token was rejected")), "{told:?}");
    let told = problems(&bss, &filled(demo.reseller_token, second.admin_token, "")).await;
    assert!(matches!(told.as_slice(), [one] if one.starts_with("Access Token was rejected")), "{told:?}");
}

#[tokio::test]
async fn an_organizations_own_token_is_refused() {
    let bss = Bss::start().await;
    let [demo, _] = PARTNERS;
    bss.in_portal(json!({"email": "a@a.example", "organization_name": "A"})).await;
    let own_token = bss.organizations()[0]["authentication_token"].as_str().unwrap().to_owned();
    let told = problems(&bss, &filled(demo.reseller_token, &own_token, "")).await;
    assert!(matches!(told.as_slice(), [one] if one.starts_with("Access Token was rejected")), "{told:?}");
}

#[tokio::test]
async fn could_not_be_checked_is_not_invalid() {
    let bss = Bss::start().await;
    let [demo, _] = PARTNERS;
    for fault in [json!({"path": "/plans", "status": 503}), json!({"path": "/plans", "drop": "before"})] {
        bss.vendor_faults(json!([fault]));
        let told = problems(&bss, &filled(demo.reseller_token, demo.admin_token, "")).await;
        assert!(matches!(told.as_slice(), [one] if one.contains("could not be checked now")), "{told:?}");
    }
}
