//! `POST subscriptions/cancel`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, account, known_service, provisioned, service};

const CANCEL: &str = "subscriptions/cancel";

#[tokio::test]
async fn unsubscribes_and_deletes_nothing() {
    let bss = Bss::with_subscription().await;
    assert_eq!(bss.answer(CANCEL, &known_service(5, json!({}))).await, provisioned(SUBSCRIPTION));
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true, "seats_available": 5}));
    assert_eq!(bss.writes()[2..], ["PUT users/440032-6/unsubscribe"]);
}

#[tokio::test]
async fn a_repeated_call_returns_the_same_and_has_no_effect() {
    let bss = Bss::with_subscription().await;
    let first = bss.answer(CANCEL, &known_service(5, json!({}))).await;
    let after = bss.vendor();
    for same in [known_service(5, json!({})), json!({"ID": SUBSCRIPTION}), json!({"SubscriptionID": "S1"})] {
        assert_eq!(bss.answer(CANCEL, &same).await, first);
    }
    assert_eq!(bss.vendor(), after);
}

#[tokio::test]
async fn a_repeated_call_does_not_end_a_later_subscription() {
    let bss = Bss::with_subscription().await;
    bss.done(CANCEL, &known_service(5, json!({}))).await;
    bss.done("subscriptions/create", &service(json!({"SubscriptionID": "S2"}))).await;
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false}));
}

#[tokio::test]
async fn a_suspended_subscription_can_be_cancelled() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/suspend", &known_service(5, json!({}))).await;
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}

#[tokio::test]
async fn an_unknown_subscription_counts_as_cancelled() {
    let bss = Bss::start().await;
    let before = bss.effects();
    assert_eq!(bss.done(CANCEL, &service(json!({}))).await, "S1", "also without the account");
    assert_eq!(bss.effects(), before);
    bss.done("accounts/synchronize", &account(json!({}))).await;
    assert_eq!(bss.done(CANCEL, &service(json!({}))).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false}));
    bss.refused(ErrorCode::BadRequest, CANCEL, &json!({"Account": account(json!({}))})).await;
}

#[tokio::test]
async fn seats_in_use_do_not_matter() {
    let bss = Bss::with_subscription().await;
    bss.at_vendor(ORGANIZATION, json!({"seats_used": 5})).await;
    bss.done(CANCEL, &known_service(0, json!({"Quantity": 0}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}

#[tokio::test]
async fn a_failed_replacement_does_not_affect_its_original() {
    let bss = Bss::with_subscription().await;
    let replacement = service(json!({"SubscriptionID": "S2", "OriginalSubscriptionID": "S1"}));
    bss.refused(ErrorCode::SubscriptionExists, "subscriptions/create", &replacement).await;
    bss.done("subscriptions/cancel", &replacement).await;
    assert!(!bss.writes().iter().any(|write| write.contains("unsubscribe")), "the original is still live");
}
