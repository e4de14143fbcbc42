//! `POST subscriptions/update`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{
    ARCHIVER, BACKUP, BACKUP_USD, BACKUP_YEARLY, Bss, ORGANIZATION, SUBSCRIPTION, account, addon, known_service,
    provisioned, service,
};

const UPDATE: &str = "subscriptions/update";

fn action(action: &str) -> Value {
    known_service(5, json!({"ActionType": action}))
}

#[tokio::test]
async fn changes_the_seats() {
    let bss = Bss::with_subscription().await;
    for seats in [8, 2] {
        assert_eq!(bss.answer(UPDATE, &known_service(seats, json!({}))).await, provisioned(SUBSCRIPTION));
        bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": BACKUP, "seats_available": seats}));
    }
}

#[tokio::test]
async fn an_equal_update_is_not_sent() {
    let bss = Bss::with_subscription().await;
    let first = bss.answer(UPDATE, &known_service(8, json!({}))).await;
    let writes = bss.writes();
    assert_eq!(bss.answer(UPDATE, &known_service(8, json!({}))).await, first);
    assert_eq!(bss.writes(), writes);
}

#[tokio::test]
async fn upgrades_and_downgrades_the_plan() {
    let bss = Bss::with_subscription().await;
    for (action, plan) in [("Upgrade", ARCHIVER), ("Downgrade", BACKUP), ("5", BACKUP_YEARLY)] {
        let change = json!({"ActionType": action, "AttributeList": {"plan": {"Code": plan}}});
        bss.done(UPDATE, &known_service(5, change)).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": plan, "seats_available": 5}));
    }
}

#[tokio::test]
async fn an_action_can_suspend_activate_and_cancel() {
    let bss = Bss::with_subscription().await;
    for (name, expected) in [
        ("Suspend", json!({"flg_suspended": true, "customer_deactivated": false})),
        ("Activate", json!({"flg_suspended": false, "customer_deactivated": false})),
        ("Cancel", json!({"flg_suspended": false, "customer_deactivated": true})),
        ("Activate", json!({"flg_suspended": false, "customer_deactivated": false})),
    ] {
        assert_eq!(bss.answer(UPDATE, &action(name)).await, provisioned(SUBSCRIPTION), "{name}");
        bss.assert_at_vendor(ORGANIZATION, &expected);
    }
}

#[tokio::test]
async fn any_other_action_is_a_change_to_the_ordered_state() {
    let bss = Bss::with_subscription().await;
    for (n, name) in ["None", "Provision", "Upgrade", "Downgrade", "UpgradeToPaid", "OfTomorrow", ""].iter().enumerate()
    {
        bss.done(UPDATE, &known_service(10, json!({"ActionType": name, "Quantity": 10 + n}))).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 10 + n}));
    }
}

#[tokio::test]
async fn a_rejected_update_changes_nothing() {
    let bss = Bss::with_subscription().await;
    bss.at_vendor(ORGANIZATION, json!({"seats_used": 4})).await;
    let before = bss.vendor();
    let dollars = known_service(5, json!({"AttributeList": {"plan": {"Code": BACKUP_USD}}}));
    bss.refused(ErrorCode::CurrencyMismatch, UPDATE, &dollars).await;
    bss.refused(ErrorCode::SeatsInUse, UPDATE, &known_service(3, json!({}))).await;
    bss.refused(ErrorCode::SeatsInvalid, UPDATE, &known_service(0, json!({}))).await;
    let unknown = known_service(5, json!({"AttributeList": {"plan": {"Code": "none-such"}}}));
    bss.refused(ErrorCode::PlanUnknown, UPDATE, &unknown).await;
    assert_eq!(bss.vendor(), before);
    bss.done(UPDATE, &known_service(4, json!({}))).await;
}

#[tokio::test]
async fn a_subscription_is_identified_by_either_id_and_suffixes_are_ignored() {
    let bss = Bss::with_subscription().await;
    for (seats, ids) in [
        (6, json!({"ID": SUBSCRIPTION, "SubscriptionID": null})),
        (7, json!({"ID": null, "SubscriptionID": "S1"})),
        (8, json!({"ID": "440032-6.S1:extra-seats", "SubscriptionID": null})),
        (9, json!({"ID": null, "SubscriptionID": "S1:archiving"})),
        (10, json!({"ID": "440032-6.S1:extra-seats", "SubscriptionID": null, "Account": null})),
    ] {
        assert_eq!(bss.done(UPDATE, &known_service(seats, ids)).await, SUBSCRIPTION);
        bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": seats}));
    }
}

#[tokio::test]
async fn omitted_add_ons_are_kept_and_an_empty_list_removes_them() {
    let bss = Bss::with_subscription().await;
    bss.done(UPDATE, &known_service(5, json!({"Addons": addon("extra-seats", 3, "Provision")}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 8}));
    bss.done(UPDATE, &known_service(6, json!({"Addons": null}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 9}));
    bss.done(UPDATE, &known_service(6, json!({"Addons": []}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 6}));
}

#[tokio::test]
async fn a_subscription_that_is_not_live_cannot_be_changed() {
    let bss = Bss::start().await;
    bss.refused(ErrorCode::AccountUnknown, UPDATE, &service(json!({}))).await;
    bss.done("accounts/synchronize", &account(json!({}))).await;
    bss.done("subscriptions/create", &service(json!({}))).await;
    let never = known_service(5, json!({"ID": null, "SubscriptionID": "S9"}));
    bss.refused(ErrorCode::SubscriptionUnknown, UPDATE, &never).await;
    for step in ["subscriptions/suspend", "subscriptions/cancel"] {
        bss.done(step, &known_service(5, json!({}))).await;
        let before = bss.vendor();
        let message = bss.refused(ErrorCode::StateConflict, UPDATE, &known_service(9, json!({}))).await;
        assert!(message.contains("Activate it first"), "{message}");
        assert_eq!(bss.vendor(), before);
    }
}

#[tokio::test]
async fn ids_of_another_application_are_unknown() {
    let bss = Bss::with_subscription().await;
    bss.refused(ErrorCode::BadRequest, UPDATE, &json!({"ID": "440032-6.S2", "Quantity": 9})).await;
    bss.refused(ErrorCode::BadRequest, UPDATE, &json!({"ID": ORGANIZATION, "Quantity": 9})).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 5}));
}

#[tokio::test]
async fn auto_license_stays_as_the_partner_chose_it() {
    let bss = Bss::with_subscription().await;
    bss.at_vendor(ORGANIZATION, json!({"auto_license": true})).await;
    for (path, seats) in [("subscriptions/update", 8), ("subscriptions/activate", 9)] {
        bss.done(path, &known_service(seats, json!({}))).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"auto_license": true, "seats_available": seats}));
    }
    bss.at_vendor(ORGANIZATION, json!({"auto_license": false})).await;
    bss.done("subscriptions/update", &known_service(7, json!({}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"auto_license": false, "seats_available": 7}));
}

#[tokio::test]
async fn seats_that_dropsuite_adjusts_itself_count_as_changed() {
    let bss = Bss::with_subscription().await;
    bss.at_vendor(ORGANIZATION, json!({"auto_license": true})).await;
    // Dropsuite shows no number of seats while it adjusts them.
    bss.vendor_faults(json!([{"method": "GET", "path": format!("/users/{ORGANIZATION}"),
        "patch": [{"op": "replace", "path": "/seats_available", "value": null}]}]));
    bss.done("subscriptions/update", &known_service(8, json!({}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"auto_license": true, "seats_available": 8}));
}
