//! `POST addons/cancel`

use jiff::SignedDuration;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, Bss, ORGANIZATION, addon, known_service, provisioned};

const CANCEL: &str = "addons/cancel";

/// Creates a subscription to five seats with both add-ons.
async fn with_both() -> Bss {
    let bss = Bss::with_subscription().await;
    let both = json!([
        {"ProductID": "extra-seats", "Quantity": 3, "ActionType": "None"},
        {"ProductID": "archiving", "Quantity": 1, "ActionType": "Provision"},
    ]);
    bss.done("addons/create", &known_service(5, json!({"Addons": both}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": ARCHIVER, "seats_available": 8}));
    bss
}

#[tokio::test]
async fn computes_the_subscription_without_the_add_on() {
    let bss = with_both().await;
    let order = json!([
        {"ProductID": "extra-seats", "Quantity": 3, "ActionType": "None"},
        {"ProductID": "archiving", "Quantity": 1, "ActionType": "Cancel"},
    ]);
    let answer = bss.answer(CANCEL, &known_service(5, json!({"Addons": order}))).await;
    assert_eq!(answer, provisioned("440032-6.S1:archiving"));
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": BACKUP, "seats_available": 8}));
    let answer = bss.answer(CANCEL, &known_service(5, json!({"Addons": addon("extra-seats", 3, "Cancel")}))).await;
    assert_eq!(answer, provisioned("440032-6.S1:extra-seats"));
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": BACKUP, "seats_available": 5}));
}

#[tokio::test]
async fn the_id_alone_is_enough() {
    let bss = with_both().await;
    let by_id = json!({"ID": "440032-6.S1:archiving", "SubscriptionID": null, "Addons": null});
    assert_eq!(bss.done(CANCEL, &known_service(5, by_id)).await, "440032-6.S1:archiving");
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": BACKUP, "seats_available": 8}));
}

#[tokio::test]
async fn a_repeated_call_returns_the_same_and_has_no_effect() {
    let bss = with_both().await;
    let order = known_service(5, json!({"Addons": addon("archiving", 1, "Cancel")}));
    let first = bss.answer(CANCEL, &order).await;
    let before = bss.vendor();
    assert_eq!(bss.answer(CANCEL, &order).await, first);
    assert_eq!(bss.vendor(), before);
}

#[tokio::test]
async fn an_add_on_of_a_cancelled_subscription_counts_as_cancelled() {
    let bss = with_both().await;
    let order = known_service(5, json!({"Addons": addon("archiving", 1, "Cancel")}));
    bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    let before = bss.vendor();
    assert_eq!(bss.answer(CANCEL, &order).await, provisioned("440032-6.S1:archiving"));
    assert_eq!(bss.vendor(), before);
}

#[tokio::test]
async fn a_repeated_cancellation_succeeds_while_the_subscription_is_suspended() {
    let bss = with_both().await;
    let order = known_service(5, json!({"Addons": addon("archiving", 1, "Cancel")}));
    let first = bss.answer(CANCEL, &order).await;
    bss.done("subscriptions/suspend", &known_service(5, json!({}))).await;
    let before = bss.vendor();
    assert_eq!(bss.answer(CANCEL, &order).await, first, "the first answer may have been lost");
    assert_eq!(bss.vendor(), before);
}

#[tokio::test]
async fn seats_in_use_cannot_be_removed() {
    let bss = with_both().await;
    bss.at_vendor(ORGANIZATION, json!({"seats_used": 6})).await;
    let before = bss.vendor();
    bss.refused(ErrorCode::SeatsInUse, CANCEL, &known_service(5, json!({"Addons": addon("extra-seats", 3, "Cancel")})))
        .await;
    assert_eq!(bss.vendor(), before);
}

#[tokio::test]
async fn an_add_on_must_be_identified() {
    let bss = with_both().await;
    let message = bss.refused(ErrorCode::BadRequest, CANCEL, &known_service(5, json!({"Addons": null}))).await;
    assert!(message.contains("identifies no add-on"), "{message}");
}

#[tokio::test]
async fn a_repeated_call_for_an_unknown_add_on_of_a_suspended_subscription_is_done() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/suspend", &known_service(5, json!({}))).await;
    let order = known_service(5, json!({"Addons": addon("extra-seats", 1, "Cancel")}));
    // The lease is not released, so that the next call repeats an abandoned job.
    let target = json!({"name": "x-amz-target", "value": "*.TransactWriteItems"});
    let rule = json!([{"path": "*", "header": target, "status": 400, "body": {"__type": "ValidationException"}}]);
    bss.stack.dynamodb.faults().set(serde_json::from_value(rule).unwrap());
    bss.done(CANCEL, &order).await;
    bss.stack.dynamodb.faults().clear();
    bss.stack.clock.advance(SignedDuration::from_mins(1));
    for _ in 0..2 {
        bss.done(CANCEL, &order).await;
    }
}
