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
async fn valid_settings_return_an_empty_list() {
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
async fn the_body_is_validated_instead_of_the_headers() {
    let bss = Bss::start().await.with("x-cloudplatform-setting-accesstoken", "of-yesterday");
    let [demo, _] = PARTNERS;
    assert_eq!(problems(&bss, &filled(demo.reseller_token, demo.admin_token, "")).await, [""; 0]);
}

#[tokio::test]
async fn invalid_fields_are_named_once_without_a_call() {
    let bss = Bss::start().await;
    let token = "/ ResellerToken, Access Token";
    assert_eq!(
        problems(&bss, &json!({"Fields": null})).await,
        [
            "Reseller Token is missing. It is shown in the Dropsuite portal under Settings > API Settings.",
            "Access Token is missing. It is shown in the Dropsuite portal under Settings > API Settings.",
        ],
    );
    let problems_found = problems(&bss, &filled("12345", token, "http://169.254.169.254/latest")).await;
    assert_eq!(problems_found.len(), 3);
    assert!(problems_found[0].starts_with("Reseller Token is not a token"), "{}", problems_found[0]);
    assert!(problems_found[1].starts_with("Access Token is not a token"), "{}", problems_found[1]);
    assert!(
        problems_found[2].starts_with("API URL must start with https:// and name a host of Dropsuite"),
        "{}",
        problems_found[2]
    );
    assert!(!problems_found.concat().contains(token), "entered values may be secret");
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
        let problems_found = problems(&bss, &filled(demo.reseller_token, demo.admin_token, url)).await;
        assert!(matches!(problems_found.as_slice(), [one] if one.starts_with("API URL ")), "{url}: {problems_found:?}");
    }
    assert_eq!(bss.stack.dropsuite.calls(), []);
}

#[tokio::test]
async fn a_wrong_token_is_named() {
    let bss = Bss::start().await;
    let [demo, second] = PARTNERS;
    let problems_found = problems(&bss, &filled("99999999-9999-4999-8999-999999999999", demo.admin_token, "")).await;
    assert!(
        matches!(problems_found.as_slice(), [one] if one.starts_with("Reseller Token was rejected")),
        "{problems_found:?}"
    );
    let problems_found = problems(&bss, &filled(demo.reseller_token, second.admin_token, "")).await;
    assert!(
        matches!(problems_found.as_slice(), [one] if one.starts_with("Access Token was rejected")),
        "{problems_found:?}"
    );
}

#[tokio::test]
async fn an_organizations_own_token_is_refused() {
    let bss = Bss::start().await;
    let [demo, _] = PARTNERS;
    bss.in_portal(json!({"email": "a@a.example", "organization_name": "A"})).await;
    let own_token = bss.organizations()[0]["authentication_token"].as_str().unwrap().to_owned();
    let problems_found = problems(&bss, &filled(demo.reseller_token, &own_token, "")).await;
    assert!(
        matches!(problems_found.as_slice(), [one] if one.starts_with("Access Token was rejected")),
        "{problems_found:?}"
    );
}

#[tokio::test]
async fn an_answer_without_plans_proves_nothing() {
    let bss = Bss::start().await;
    let [demo, _] = PARTNERS;
    let empty_page = json!({"result_set": [], "pagination": {"current_page": 1, "total_pages": 1}});
    for body in [json!([]), empty_page] {
        bss.vendor_faults(json!([{"path": "/plans", "status": 200, "body": body}]));
        let problems_found = problems(&bss, &filled(demo.reseller_token, demo.admin_token, "")).await;
        assert!(
            matches!(problems_found.as_slice(), [one] if one.starts_with("Access Token shows no plans")),
            "{problems_found:?}"
        );
    }
}

#[tokio::test]
async fn an_outage_is_not_a_field_error() {
    let bss = Bss::start().await;
    let [demo, _] = PARTNERS;
    for fault in [
        json!({"path": "/plans", "status": 503}),
        json!({"path": "/plans", "drop": "before"}),
        json!({"path": "/plans", "status": 204}),
    ] {
        bss.vendor_faults(json!([fault]));
        let problems_found = problems(&bss, &filled(demo.reseller_token, demo.admin_token, "")).await;
        assert!(
            matches!(problems_found.as_slice(), [one] if one.contains("could not be checked now")),
            "{problems_found:?}"
        );
    }
}
