//! `POST subscriptions/create`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{
    ARCHIVER, BACKUP, BACKUP_USD, BACKUP_YEARLY, Bss, ORGANIZATION, PERSONAL, SUBSCRIPTION, VAULT, account, addon,
    provisioned, reseller, service,
};

const CREATE: &str = "subscriptions/create";

fn plan(code: &str) -> Value {
    json!({"AttributeList": {"plan": {"Code": code}}})
}

#[tokio::test]
async fn sets_plan_and_seats() {
    let bss = Bss::with_account().await;
    assert_eq!(bss.answer(CREATE, &service(json!({}))).await, provisioned(SUBSCRIPTION));
    let expected = json!({
        "plan_id": BACKUP, "seats_available": 5, "auto_license": false, "customer_deactivated": false,
        "flg_suspended": false,
    });
    bss.assert_at_vendor(ORGANIZATION, &expected);
    assert_eq!(bss.writes(), ["POST users", "PUT users/440032-6/subscription"]);
}

#[tokio::test]
async fn a_repeated_call_has_no_effect_and_returns_the_same() {
    let bss = Bss::with_account().await;
    let first = bss.answer(CREATE, &service(json!({}))).await;
    let writes = bss.writes();
    assert_eq!(bss.answer(CREATE, &service(json!({}))).await, first);
    assert_eq!(bss.writes(), writes);
}

#[tokio::test]
async fn the_plan_is_the_attributes_code_or_the_product() {
    for (choice, expected) in [
        (json!({"AttributeList": {"plan": {"Code": BACKUP_YEARLY}}, "ProductID": BACKUP}), BACKUP_YEARLY),
        (json!({"AttributeList": null, "ProductID": BACKUP_YEARLY}), BACKUP_YEARLY),
        (json!({"AttributeList": {"plan": {"Code": null, "ValueExternal": ARCHIVER}}, "ProductID": 17}), ARCHIVER),
        (json!({"AttributeList": {"plan": {"Code": null, "Value": "Business"}}, "ProductID": ARCHIVER}), ARCHIVER),
    ] {
        let bss = Bss::with_account().await;
        bss.done(CREATE, &service(choice)).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": expected}));
    }
}

#[tokio::test]
async fn an_unknown_plan_is_refused() {
    let bss = Bss::with_account().await;
    let before = bss.writes();
    for choice in [
        plan("none-such"),
        json!({"AttributeList": {"plan": {"Code": "none-such"}}, "ProductID": BACKUP}),
        json!({"AttributeList": null, "ProductID": "17"}),
        json!({"AttributeList": null, "ProductID": null}),
        plan(VAULT),
        plan("20077-6-4101-14"),
    ] {
        bss.refused(ErrorCode::PlanUnknown, CREATE, &service(choice)).await;
    }
    assert_eq!(bss.writes(), before);
    assert_eq!(bss.done(CREATE, &service(json!({}))).await, SUBSCRIPTION, "rejected orders have no later effect");
}

#[tokio::test]
async fn seats_are_computed_from_the_subscription_and_its_add_ons() {
    let seats = |value: &str, linked: bool| json!({"seats": {"Value": value, "QuantityLinked": linked}});
    for (order, expected) in [
        (json!({"Quantity": 7}), 7),
        (json!({"Quantity": "7"}), 7),
        (json!({"Quantity": 3, "AttributeList": seats("2", true)}), 6),
        (json!({"Quantity": 3, "AttributeList": seats("2", false)}), 2),
        (json!({"Quantity": 3, "Addons": addon("extra-seats", 4, "Provision")}), 7),
        (json!({"Quantity": 3, "Addons": addon("extra-seats", 4, "Cancel")}), 3),
        (json!({"Quantity": 3, "Addons": [{"ProductID": "x", "Quantity": 2, "AttributeList": seats("5", true)}]}), 13),
        (json!({"Quantity": 3, "Addons": null}), 3),
    ] {
        let bss = Bss::with_account().await;
        bss.done(CREATE, &service(order)).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": expected}));
    }
}

#[tokio::test]
async fn the_subscription_or_an_add_on_enables_archiving() {
    let archiving = json!({"AttributeList": {"archiving": {"Value": "true"}}});
    for order in [archiving, json!({"Addons": addon("archiving", 1, "Provision")})] {
        let bss = Bss::with_account().await;
        bss.done(CREATE, &service(order)).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": ARCHIVER, "seats_available": 5}));
    }
}

#[tokio::test]
async fn a_storage_plan_has_no_seats() {
    let bss = Bss::with_account().await;
    bss.done(CREATE, &service(json!({"Quantity": 1, "AttributeList": {"plan": {"Code": PERSONAL}}}))).await;
    let expected = json!({"plan_id": PERSONAL, "is_business": false, "storage_available": 5, "seats_available": 0});
    bss.assert_at_vendor(ORGANIZATION, &expected);
}

#[tokio::test]
async fn invalid_seats_are_rejected() {
    let bss = Bss::with_account().await;
    let before = bss.writes();
    for order in [
        json!({"Quantity": 0}),
        json!({"Quantity": null}),
        json!({"Quantity": -1}),
        json!({"Quantity": 100_001}),
        json!({"Quantity": i64::MAX, "AttributeList": {"seats": {"Value": "2", "QuantityLinked": true}}}),
        json!({"AttributeList": {"seats": {"Value": "many"}}}),
        json!({"Quantity": 99_999, "Addons": addon("extra-seats", 2, "Provision")}),
    ] {
        bss.refused(ErrorCode::SeatsInvalid, CREATE, &service(order)).await;
    }
    assert_eq!(bss.writes(), before);
}

#[tokio::test]
async fn seats_below_those_in_use_are_refused() {
    let bss = Bss::with_account().await;
    bss.at_vendor(ORGANIZATION, json!({"seats_used": 6})).await;
    let message = bss.refused(ErrorCode::SeatsInUse, CREATE, &service(json!({}))).await;
    assert!(message.contains("You ordered 5 seats, but 6 are in use"), "{message}");
    bss.done(CREATE, &service(json!({"Quantity": 6}))).await;
}

#[tokio::test]
async fn a_second_live_subscription_is_refused() {
    let bss = Bss::with_account().await;
    bss.done(CREATE, &service(json!({}))).await;
    let before = bss.vendor();
    let second = service(json!({"SubscriptionID": "S2"}));
    let message = bss.refused(ErrorCode::SubscriptionExists, CREATE, &second).await;
    assert!(message.contains("S1"), "{message}");
    assert_eq!(bss.vendor(), before);
    bss.done("subscriptions/cancel", &service(json!({"ID": SUBSCRIPTION}))).await;
    assert_eq!(bss.done(CREATE, &second).await, "440032-6.S2", "an ended subscription is replaced");
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false, "seats_available": 5}));
}

#[tokio::test]
async fn a_linked_organization_keeps_its_currency() {
    let bss = Bss::start().await;
    let id = bss.in_portal(json!({"email": "a@a.example", "organization_name": "A", "plan_id": BACKUP})).await;
    let linked = json!({"ExternalID": id});
    let dollars = service(json!({"Account": linked, "AttributeList": {"plan": {"Code": BACKUP_USD}}}));
    let message = bss.refused(ErrorCode::CurrencyMismatch, CREATE, &dollars).await;
    assert!(message.contains("EUR") && message.contains("USD"), "{message}");
    assert_eq!(bss.writes(), [""; 0]);
    let own = Bss::with_account().await;
    own.done(CREATE, &service(plan(BACKUP_USD))).await;
    own.assert_at_vendor(ORGANIZATION, &json!({"plan_id": BACKUP_USD}));
}

#[tokio::test]
async fn an_account_linked_by_exists_can_order() {
    let bss = Bss::start().await;
    let portal = json!({"email": "it@contoso.example", "organization_name": "Contoso", "seats": 3, "seats_used": 3});
    let id = bss.in_portal(portal).await;
    let order = service(json!({"Account": {"ExternalID": id}}));
    assert_eq!(bss.done(CREATE, &order).await, SUBSCRIPTION);
    assert_eq!(bss.writes(), ["PUT users/440032-6/subscription"]);
    let other = service(json!({"SubscriptionID": "S2", "Account": {"ID": "1002", "ExternalID": id}}));
    bss.refused(ErrorCode::ExternalIdTaken, CREATE, &other).await;
}

#[tokio::test]
async fn an_unsynchronized_account_or_a_reseller_is_refused() {
    let bss = Bss::start().await;
    let before = bss.effects().await;
    let message = bss.refused(ErrorCode::AccountUnknown, CREATE, &service(json!({}))).await;
    assert!(message.contains("Save & Synchronize"), "{message}");
    assert_eq!(bss.effects().await, before);
    bss.done("accounts/synchronize", &reseller(json!({}))).await;
    bss.refused(ErrorCode::RoleInvalid, CREATE, &service(json!({"Account": reseller(json!({}))}))).await;
}

#[tokio::test]
async fn a_missing_linked_organization_is_reported() {
    let bss = Bss::start().await;
    let message =
        bss.refused(ErrorCode::MissingAtVendor, CREATE, &service(json!({"Account": {"ExternalID": "1-6"}}))).await;
    assert!(message.contains("1-6"), "{message}");
}

#[tokio::test]
async fn ids_are_required_and_must_belong_together() {
    let bss = Bss::with_account().await;
    bss.refused(ErrorCode::BadRequest, CREATE, &service(json!({"SubscriptionID": null}))).await;
    bss.refused(ErrorCode::BadRequest, CREATE, &service(json!({"Account": {"ID": ""}}))).await;
    bss.done(CREATE, &service(json!({}))).await;
    let stranger = service(json!({"Account": {"ID": "1002"}}));
    let message = bss.refused(ErrorCode::StateConflict, CREATE, &stranger).await;
    assert!(message.contains("1001") && message.contains("1002"), "{message}");
}

#[tokio::test]
async fn archiving_without_its_plan_is_refused() {
    let bss = Bss::start().await;
    let mut plans = bss.stack.dropsuite.state_json()["plans"].clone();
    plans.as_array_mut().unwrap().retain(|plan| plan["product_type"] == "res_backup" && plan["partner"] == 1);
    bss.vendor_faults(json!([{"path": "/plans", "status": 200, "body": plans}]));
    bss.done("accounts/synchronize", &account(json!({}))).await;
    let order = service(json!({"Addons": addon("archiving", 1, "Provision")}));
    let message = bss.refused(ErrorCode::NoSuitablePlan, CREATE, &order).await;
    assert!(message.contains("archiver plan in EUR"), "{message}");
    assert_eq!(bss.writes(), ["POST users"]);
}
