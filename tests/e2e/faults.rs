//! Responses to the BSS when the vendor or the table fails. `tests/faults` tests every fault at every step.

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, account, service};

#[tokio::test]
async fn rate_limited_requests_are_sent_again_after_retry_after() {
    let bss = Bss::with_account().await;
    bss.vendor_faults(
        json!([{"method": "PUT", "path": "*", "times": 1, "status": 429, "headers": {"Retry-After": 1}}]),
    );
    assert_eq!(bss.done("subscriptions/create", &service(json!({}))).await, SUBSCRIPTION);
    let sent: Vec<_> = bss.stack.dropsuite.calls().into_iter().filter(|call| call.method == "PUT").collect();
    assert_eq!(sent.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(429), Some(200)]);
}

#[tokio::test]
async fn a_too_long_retry_after_is_left_to_the_operator() {
    let bss = Bss::start().await;
    bss.vendor_faults(json!([{"method": "POST", "path": "/users", "status": 429, "headers": {"Retry-After": 3600}}]));
    let message = bss.refused(ErrorCode::VendorUnavailable, "accounts/synchronize", &account(json!({}))).await;
    assert!(message.contains("Nothing was changed"), "{message}");
    assert_eq!(bss.writes(), ["POST users"], "a wait of an hour is too long, and nothing is sent before it ends");
}

#[tokio::test]
async fn a_lost_response_of_a_create_is_resolved_at_once_if_the_vendor_can_be_read() {
    let bss = Bss::start().await;
    bss.vendor_faults(json!([{"method": "POST", "path": "/users", "times": 1, "drop": "after"}]));
    let answer = bss.answer("accounts/synchronize", &account(json!({}))).await;
    assert_eq!((&answer["Result"], &answer["SendNotification"]), (&json!(ORGANIZATION), &json!(true)));
    assert_eq!(bss.writes(), ["POST users"]);
}

#[tokio::test]
async fn a_lost_create_is_adopted_by_the_retry_with_a_welcome_mail() {
    let bss = Bss::start().await;
    bss.vendor_faults(json!([
        {"method": "POST", "path": "/users", "times": 1, "drop": "after"},
        {"method": "GET", "path": "/users", "status": 503},
    ]));
    let message = bss.refused(ErrorCode::OutcomeUnknown, "accounts/synchronize", &account(json!({}))).await;
    assert!(message.contains("Try again: the outcome is looked up"), "{message}");
    bss.vendor_faults(json!([]));
    let answer = bss.answer("accounts/synchronize", &account(json!({}))).await;
    assert_eq!((&answer["Result"], &answer["SendNotification"]), (&json!(ORGANIZATION), &json!(true)));
    assert_eq!(bss.organizations().len(), 1);
    assert_eq!(bss.writes(), ["POST users", "PUT users/440032-6"], "its profile is not seen, and sent again");
}

#[tokio::test]
async fn a_lost_create_is_sent_again_by_the_retry_only() {
    let bss = Bss::start().await;
    bss.vendor_faults(json!([{"method": "POST", "path": "/users", "times": 1, "drop": "before"}]));
    bss.refused(ErrorCode::OutcomeUnknown, "accounts/synchronize", &account(json!({}))).await;
    assert_eq!(bss.writes(), ["POST users"]);
    bss.done("accounts/synchronize", &account(json!({}))).await;
    assert_eq!(bss.organizations().len(), 1);
}

#[tokio::test]
async fn a_lost_response_of_a_change_is_resolved_by_a_read() {
    let bss = Bss::with_account().await;
    bss.vendor_faults(json!([{"method": "PUT", "path": "*", "times": 1, "status": 502, "act": true}]));
    assert_eq!(bss.done("subscriptions/create", &service(json!({}))).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 5}));
    assert_eq!(bss.writes(), ["POST users", "PUT users/440032-6/subscription"]);
}

#[tokio::test]
async fn a_success_without_effect_is_detected() {
    let bss = Bss::with_account().await;
    bss.vendor_faults(json!([{"method": "PUT", "path": "*", "status": 200, "body": {}}]));
    let message = bss.refused(ErrorCode::VendorRefused, "subscriptions/create", &service(json!({}))).await;
    assert!(message.contains("does not show it"), "{message}");
}

#[tokio::test]
async fn rejected_partner_tokens_are_reported() {
    let bss = Bss::start().await;
    for status in [401, 403] {
        bss.vendor_faults(json!([{"path": "*", "status": status}]));
        bss.refused(ErrorCode::CredentialsRefused, "accounts/exists", &account(json!({}))).await;
        bss.refused(ErrorCode::CredentialsRefused, "accounts/synchronize", &account(json!({}))).await;
    }
    bss.vendor_faults(json!([]));
    bss.done("accounts/synchronize", &account(json!({}))).await;
}

#[tokio::test]
async fn an_unresponsive_table_is_reported() {
    let bss = Bss::start().await;
    let rule = json!([{"path": "/", "status": 500, "body": {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError"}}]);
    bss.stack.dynamodb.faults().set(serde_json::from_value(rule).unwrap());
    bss.refused(ErrorCode::StoreUnavailable, "accounts/synchronize", &account(json!({}))).await;
    bss.stack.dynamodb.faults().clear();
    assert_eq!(bss.writes(), [""; 0]);
    bss.done("accounts/synchronize", &account(json!({}))).await;
}

#[tokio::test]
async fn a_rejected_order_keeps_unfinished_jobs() {
    let bss = Bss::with_account().await;
    bss.vendor_faults(json!([
        {"method": "PUT", "path": "/users/*", "times": 1, "drop": "before"},
        {"method": "GET", "path": "/users/*", "after": 1, "status": 503},
    ]));
    let renamed = account(json!({"ExternalID": ORGANIZATION, "Name": "Renamed"}));
    bss.refused(ErrorCode::OutcomeUnknown, "accounts/synchronize", &renamed).await;
    bss.vendor_faults(json!([]));
    let unknown = service(json!({"SubscriptionID": "S9", "AttributeList": {"plan": {"Code": "no-such-plan"}}}));
    bss.refused(ErrorCode::PlanUnknown, "subscriptions/create", &unknown).await;
    bss.done("subscriptions/cancel", &unknown).await;
    assert!(!bss.writes().iter().any(|write| write.contains("unsubscribe")), "S9 never was");
    assert_eq!(bss.done("subscriptions/create", &service(json!({}))).await, SUBSCRIPTION);
}

#[tokio::test]
async fn a_lost_create_does_not_exist_for_the_bss_until_it_is_confirmed() {
    let bss = Bss::start().await;
    bss.vendor_faults(json!([
        {"method": "POST", "path": "/users", "times": 1, "drop": "after"},
        {"method": "GET", "path": "/users", "status": 503},
    ]));
    bss.refused(ErrorCode::OutcomeUnknown, "accounts/synchronize", &account(json!({}))).await;
    bss.vendor_faults(json!([]));
    let exists = bss.answer("accounts/exists", &account(json!({}))).await;
    assert_eq!(exists["Code"], json!(0), "so that the BSS synchronizes again, and the welcome mail is sent");
    let answer = bss.answer("accounts/synchronize", &account(json!({}))).await;
    assert_eq!((&answer["Result"], &answer["SendNotification"]), (&json!(ORGANIZATION), &json!(true)));
}
