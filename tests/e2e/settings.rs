//! The settings headers: missing and malformed values and foreign addresses are rejected before the vendor is called.

use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, account, addon, known_service, merged, result, service};

const RESELLER_TOKEN: &str = "x-cloudplatform-setting-resellertoken";
const ACCESS_TOKEN: &str = "x-cloudplatform-setting-accesstoken";
const API_URL: &str = "x-cloudplatform-setting-apiurl";

/// Returns a call of each endpoint that calls the vendor, for an account with a subscription and for one without.
fn calls() -> Vec<(&'static str, Value)> {
    let service = known_service(6, json!({"Addons": addon("extra-seats", 1, "Provision")}));
    let other = account(json!({"ID": "1002", "Name": "Other", "SyncOptions": {"username": "o@other.example"}}));
    vec![
        ("service/definitions", Value::Null),
        ("accounts/exists", other.clone()),
        ("accounts/synchronize", merged_name(&other)),
        ("accounts/delete", other),
        ("subscriptions/create", service.clone()),
        ("subscriptions/update", service.clone()),
        ("subscriptions/activate", service.clone()),
        ("subscriptions/suspend", service.clone()),
        ("subscriptions/cancel", service.clone()),
        ("addons/create", service.clone()),
        ("addons/update", service.clone()),
        ("addons/cancel", service),
    ]
}

fn merged_name(account: &Value) -> Value {
    merged(account.clone(), json!({"Name": "Another"}))
}

async fn call(bss: &Bss, path: &str, body: &Value) -> (u16, Value) {
    if body.is_null() { bss.get(path).await } else { bss.post(path, body).await }
}

async fn prepared() -> Bss {
    let bss = Bss::with_subscription().await;
    let other = account(json!({"ID": "1002", "Name": "Other", "SyncOptions": {"username": "o@other.example"}}));
    bss.done("accounts/synchronize", &other).await;
    bss
}

/// Asserts that every call of `bss` fails with `code` and a `Message` that contains `named`.
async fn all_refused(bss: &Bss, code: ErrorCode, named: &str) {
    for (path, body) in calls() {
        let (status, answer) = call(bss, path, &body).await;
        assert_eq!((status, &answer["Code"]), (200, &json!(code.number())), "{path}: {answer}");
        assert!(answer["Message"].as_str().unwrap().contains(named), "{path}: {answer}");
    }
}

#[tokio::test]
async fn missing_or_malformed_tokens_are_rejected_without_a_call() {
    let bss = prepared().await;
    let before = bss.stack.dropsuite.calls();
    for (field, name) in [(RESELLER_TOKEN, "ResellerToken"), (ACCESS_TOKEN, "AccessToken")] {
        for broken in [bss.without(field), bss.with(field, "  "), bss.with(field, "to ken"), bss.with(field, "a|b c")] {
            all_refused(&broken, ErrorCode::SettingInvalid, name).await;
        }
    }
    assert_eq!(bss.stack.dropsuite.calls(), before);
}

#[tokio::test]
async fn an_address_outside_the_list_is_rejected_without_a_call() {
    let bss = prepared().await;
    let before = (bss.stack.dropsuite.calls(), bss.stack.dynamodb.operations().len());
    for address in [
        bss.stack.dynamodb_url.as_str(),
        "https://169.254.169.254/latest/meta-data",
        "https://dropsuite.us.example.com/api",
        "http://dropsuite.us/api",
        "https://dropsuite.us:8443/api",
        "https://user:secret@dropsuite.us/api",
        "not an address",
    ] {
        all_refused(&bss.with(API_URL, address), ErrorCode::SettingInvalid, "ApiUrl").await;
    }
    assert_eq!(bss.stack.dropsuite.calls(), before.0);
}

#[tokio::test]
async fn the_regions_own_address_can_be_set_and_an_empty_one_is_the_default() {
    let bss = prepared().await;
    for address in [bss.stack.dropsuite_url.clone(), format!("{}/", bss.stack.dropsuite_url), " ".to_owned()] {
        assert_eq!(bss.with(API_URL, &address).get("service/definitions").await.0, 200);
    }
}

#[tokio::test]
async fn rejected_tokens_are_reported_and_change_nothing() {
    let bss = prepared().await;
    let before = bss.organizations();
    let [_, second] = PARTNERS;
    all_refused(&bss.with(ACCESS_TOKEN, second.admin_token), ErrorCode::CredentialsRefused, "credentials").await;
    all_refused(
        &bss.with(RESELLER_TOKEN, "99999999-9999-4999-8999-999999999999"),
        ErrorCode::CredentialsRefused,
        "credentials",
    )
    .await;
    assert_eq!(bss.organizations(), before);
}

#[tokio::test]
async fn a_partner_cannot_access_anothers_organizations() {
    let bss = Bss::start().await;
    let [_, second] = PARTNERS;
    let id = bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso", "partner": 2})).await;
    assert_eq!(bss.answer("accounts/exists", &account(json!({}))).await, result(0, "", ""));
    let known = account(json!({"ExternalID": id}));
    assert_eq!(bss.answer("accounts/exists", &known).await, result(0, "", ""));
    bss.refused(ErrorCode::MissingAtVendor, "subscriptions/create", &service(json!({"Account": known}))).await;
    let theirs = bss.of_partner(second).answer("accounts/exists", &account(json!({}))).await;
    assert_eq!(theirs, result(1, "", &id));
}
