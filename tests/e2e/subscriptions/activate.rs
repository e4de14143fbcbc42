//! `POST subscriptions/activate`

use jiff::SignedDuration;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, known_service, provisioned, service};

const ACTIVATE: &str = "subscriptions/activate";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[tokio::test]
async fn reverts_a_suspension() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/suspend", &known_service(5, json!({}))).await;
    assert_eq!(bss.answer(ACTIVATE, &known_service(5, json!({}))).await, provisioned(SUBSCRIPTION));
    bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": false, "seats_available": 5}));
    assert_eq!(bss.writes()[2..], ["PUT users/440032-6/suspend", "PUT users/440032-6/unsuspend"]);
}

#[tokio::test]
async fn reverts_a_cancellation_within_45_days() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    bss.stack.clock.advance(days(44));
    assert_eq!(bss.answer(ACTIVATE, &known_service(5, json!({}))).await, provisioned(SUBSCRIPTION));
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false, "seats_available": 5}));
    assert_eq!(bss.writes()[2..], ["PUT users/440032-6/unsubscribe", "PUT users/440032-6/reactivate"]);
}

#[tokio::test]
async fn is_rejected_after_45_days() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    bss.stack.clock.advance(days(46));
    let writes = bss.writes();
    let message = bss.refused(ErrorCode::RetentionExpired, ACTIVATE, &known_service(5, json!({}))).await;
    assert!(message.contains("45 days"), "{message}");
    assert_eq!(bss.writes(), writes);
}

#[tokio::test]
async fn a_customer_with_purged_data_can_order_again() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    bss.stack.clock.advance(days(46));
    let new_order = service(json!({"SubscriptionID": "S2"}));
    bss.refused(ErrorCode::MissingAtVendor, "subscriptions/create", &new_order).await;
    bss.done("accounts/delete", &new_order["Account"]).await;
    let id = bss.done("accounts/synchronize", &new_order["Account"]).await;
    assert_eq!(bss.done("subscriptions/create", &new_order).await, format!("{id}.S2"));
}

#[tokio::test]
async fn activating_a_cancelled_suspended_subscription_enables_logins() {
    let bss = Bss::with_subscription().await;
    for step in ["subscriptions/suspend", "subscriptions/cancel", ACTIVATE] {
        bss.done(step, &known_service(5, json!({}))).await;
    }
    bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": false, "customer_deactivated": false}));
}

#[tokio::test]
async fn a_live_subscription_is_unchanged() {
    let bss = Bss::with_subscription().await;
    let writes = bss.writes();
    let first = bss.answer(ACTIVATE, &known_service(5, json!({}))).await;
    assert_eq!(first, provisioned(SUBSCRIPTION));
    assert_eq!(bss.answer(ACTIVATE, &known_service(5, json!({}))).await, first);
    assert_eq!(bss.writes(), writes);
}

#[tokio::test]
async fn without_plan_and_seats_the_recorded_ones_are_restored() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/cancel", &json!({"ID": SUBSCRIPTION})).await;
    assert_eq!(bss.done(ACTIVATE, &json!({"ID": SUBSCRIPTION})).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false, "seats_available": 5}));
}

#[tokio::test]
async fn another_live_subscription_and_unknown_ones_are_rejected() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    bss.done("subscriptions/create", &service(json!({"SubscriptionID": "S2"}))).await;
    bss.refused(ErrorCode::SubscriptionExists, ACTIVATE, &known_service(5, json!({}))).await;
    let never = known_service(5, json!({"ID": null, "SubscriptionID": "S9"}));
    bss.refused(ErrorCode::SubscriptionUnknown, ACTIVATE, &never).await;
}
