//! `POST addons/update`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, addon, known_service, provisioned};

const UPDATE: &str = "addons/update";

async fn with_three_extra_seats() -> Bss {
    let bss = Bss::with_subscription().await;
    bss.done("addons/create", &known_service(5, json!({"Addons": addon("extra-seats", 3, "Provision")}))).await;
    bss
}

#[tokio::test]
async fn recomputes_the_subscription() {
    let bss = with_three_extra_seats().await;
    for (quantity, total) in [(7, 12), (1, 6)] {
        let order = known_service(5, json!({"Addons": addon("extra-seats", quantity, "Upgrade")}));
        assert_eq!(bss.answer(UPDATE, &order).await, provisioned("440032-6.S1:extra-seats"));
        bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": total}));
    }
}

#[tokio::test]
async fn a_repeated_call_has_no_effect_and_returns_the_same() {
    let bss = with_three_extra_seats().await;
    let order = known_service(5, json!({"Addons": addon("extra-seats", 7, "Upgrade")}));
    let first = bss.answer(UPDATE, &order).await;
    let before = bss.vendor();
    assert_eq!(bss.answer(UPDATE, &order).await, first);
    assert_eq!(bss.vendor(), before);
}

#[tokio::test]
async fn the_add_on_can_be_identified_by_id_only() {
    let bss = with_three_extra_seats().await;
    let by_id = json!({
        "ID": "440032-6.S1:extra-seats", "SubscriptionID": null,
        "Addons": [{"ID": "440032-6.S1:extra-seats", "ProductID": "extra-seats", "Quantity": 4}],
    });
    assert_eq!(bss.done(UPDATE, &known_service(5, by_id)).await, "440032-6.S1:extra-seats");
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 9}));
}

#[tokio::test]
async fn fewer_seats_than_in_use_are_rejected() {
    let bss = with_three_extra_seats().await;
    bss.at_vendor(ORGANIZATION, json!({"seats_used": 8})).await;
    let before = bss.vendor();
    let order = known_service(5, json!({"Addons": addon("extra-seats", 2, "Downgrade")}));
    bss.refused(ErrorCode::SeatsInUse, UPDATE, &order).await;
    assert_eq!(bss.vendor(), before);
}

#[tokio::test]
async fn a_suspended_subscription_can_not_be_changed() {
    let bss = with_three_extra_seats().await;
    bss.done("subscriptions/suspend", &known_service(5, json!({}))).await;
    let order = known_service(5, json!({"Addons": addon("extra-seats", 7, "Upgrade")}));
    bss.refused(ErrorCode::StateConflict, UPDATE, &order).await;
}
