//! `POST addons/create`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, BACKUP, Bss, ORGANIZATION, SUBSCRIPTION, addon, known_service, provisioned, service};

const CREATE: &str = "addons/create";

#[tokio::test]
async fn adds_seats_to_those_of_the_subscription() {
    let bss = Bss::with_subscription().await;
    let order = known_service(5, json!({"Addons": addon("extra-seats", 3, "Provision")}));
    assert_eq!(bss.answer(CREATE, &order).await, provisioned("440032-6.S1:extra-seats"));
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": BACKUP, "seats_available": 8}));
}

#[tokio::test]
async fn switches_archiving_on() {
    let bss = Bss::with_subscription().await;
    let order = known_service(5, json!({"Addons": addon("archiving", 1, "Provision")}));
    assert_eq!(bss.answer(CREATE, &order).await, provisioned("440032-6.S1:archiving"));
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": ARCHIVER, "seats_available": 5}));
}

#[tokio::test]
async fn a_repeated_call_has_no_effect_and_returns_the_same() {
    let bss = Bss::with_subscription().await;
    let order = known_service(5, json!({"Addons": addon("extra-seats", 3, "Provision")}));
    let first = bss.answer(CREATE, &order).await;
    let before = bss.vendor();
    assert_eq!(bss.answer(CREATE, &order).await, first);
    assert_eq!(bss.vendor(), before);
}

#[tokio::test]
async fn other_add_ons_are_kept_and_the_id_of_the_changed_one_is_returned() {
    let bss = Bss::with_subscription().await;
    bss.done(CREATE, &known_service(5, json!({"Addons": addon("extra-seats", 3, "Provision")}))).await;
    let both = json!([
        {"ID": "440032-6.S1:extra-seats", "ProductID": "77", "Quantity": 3, "ActionType": "None",
         "AttributeList": {"seats": {"Value": "1", "QuantityLinked": true}}},
        {"ProductID": "archiving", "Quantity": 1, "ActionType": "Provision"},
    ]);
    assert_eq!(bss.done(CREATE, &known_service(5, json!({"Addons": both}))).await, "440032-6.S1:archiving");
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": ARCHIVER, "seats_available": 8}));
}

#[tokio::test]
async fn the_returned_id_identifies_the_subscription() {
    let bss = Bss::with_subscription().await;
    let id = bss.done(CREATE, &known_service(5, json!({"Addons": addon("extra-seats", 3, "Provision")}))).await;
    let by_addon_id = json!({"ID": id, "SubscriptionID": null});
    assert_eq!(bss.done("subscriptions/suspend", &known_service(5, by_addon_id)).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": true}));
}

#[tokio::test]
async fn an_attribute_can_switch_a_feature_off() {
    let bss = Bss::with_subscription().await;
    let off = json!([{"ProductID": "archiving", "ActionType": "Provision", "AttributeList": {"archiving": {"Value": "false"}}}]);
    bss.done(CREATE, &known_service(5, json!({"Addons": off}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": BACKUP}));
}

#[tokio::test]
async fn refusals() {
    let bss = Bss::start().await;
    let order = service(json!({"Addons": addon("extra-seats", 3, "Provision")}));
    bss.refused(ErrorCode::AccountUnknown, CREATE, &order).await;
    bss.done("accounts/synchronize", &order["Account"]).await;
    bss.refused(ErrorCode::SubscriptionUnknown, CREATE, &order).await;
    bss.done("subscriptions/create", &service(json!({}))).await;
    let before = bss.vendor();
    bss.refused(ErrorCode::BadRequest, CREATE, &known_service(5, json!({"Addons": []}))).await;
    bss.refused(ErrorCode::BadRequest, CREATE, &known_service(5, json!({"Addons": [{"ActionType": "Provision"}]})))
        .await;
    let too_many = known_service(5, json!({"Addons": addon("extra-seats", 100_000, "Provision")}));
    bss.refused(ErrorCode::SeatsInvalid, CREATE, &too_many).await;
    assert_eq!(bss.vendor(), before);
}
