//! `POST subscriptions/upgradetopaid`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{ARCHIVER, Bss, ORGANIZATION, SUBSCRIPTION, account, known_service, merged, provisioned, service};
use crate::portal::msp::bodies::link;
use crate::portal::msp::{LINK, Msp};

const UPGRADE: &str = "subscriptions/upgradetopaid";

fn trial(more: Value) -> Value {
    merged(json!({"IsTrial": true}), more)
}

#[tokio::test]
async fn converts_a_trial_whatever_action_the_request_has() {
    for action in ["UpgradeToPaid", "None", "Upgrade", "Cancel", ""] {
        let msp = Msp::billing().await;
        msp.bss.done("accounts/synchronize", &account(json!({}))).await;
        msp.bss.done("subscriptions/create", &service(trial(json!({})))).await;
        msp.done(LINK, &link(json!({}))).await;
        msp.wait_for_additions().await;
        assert_eq!(msp.addition()["billCustomer"], "NoCharge");
        let paid = known_service(8, trial(json!({"ActionType": action})));
        for _ in 0..2 {
            assert_eq!(msp.bss.answer(UPGRADE, &paid).await, provisioned(SUBSCRIPTION), "{action}");
        }
        msp.bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 8, "customer_deactivated": false}));
        msp.wait_for_additions().await;
        let addition = msp.addition();
        assert_eq!((&addition["billCustomer"], &addition["quantity"]), (&json!("Billable"), &json!(8)), "{action}");
    }
}

#[tokio::test]
async fn is_the_order_of_an_update_with_that_action() {
    let bss = Bss::with_account().await;
    bss.done("subscriptions/create", &service(trial(json!({})))).await;
    let paid = known_service(8, json!({"ActionType": "UpgradeToPaid", "AttributeList": {"plan": {"Code": ARCHIVER}}}));
    let answer = bss.answer(UPGRADE, &paid).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": ARCHIVER, "seats_available": 8}));
    let before = bss.vendor();
    assert_eq!(bss.answer("subscriptions/update", &paid).await, answer);
    assert_eq!(bss.vendor(), before, "a repetition on the other path has no effect");
}

#[tokio::test]
async fn a_paid_subscription_stays_as_it_is() {
    let bss = Bss::with_subscription().await;
    let writes = bss.writes();
    assert_eq!(bss.answer(UPGRADE, &known_service(5, json!({}))).await, provisioned(SUBSCRIPTION));
    assert_eq!(bss.writes(), writes);
}

#[tokio::test]
async fn a_check_changes_nothing() {
    let bss = Bss::with_account().await;
    bss.done("subscriptions/create", &service(trial(json!({})))).await;
    let before = bss.effects().await;
    let check = known_service(8, trial(json!({"CheckOnly": true})));
    assert_eq!(bss.answer(UPGRADE, &check).await, provisioned(SUBSCRIPTION));
    assert_eq!(bss.effects().await, before);
}

#[tokio::test]
async fn a_refused_conversion_changes_nothing() {
    let bss = Bss::with_account().await;
    let unknown = bss.refused(ErrorCode::SubscriptionUnknown, UPGRADE, &service(json!({}))).await;
    assert!(unknown.contains("no record of the subscription S1"), "{unknown}");
    bss.done("subscriptions/create", &service(trial(json!({})))).await;
    bss.at_vendor(ORGANIZATION, json!({"seats_used": 4})).await;
    let before = bss.vendor();
    bss.refused(ErrorCode::SeatsInUse, UPGRADE, &known_service(3, json!({}))).await;
    assert_eq!(bss.vendor(), before);
    bss.done("subscriptions/suspend", &known_service(5, json!({}))).await;
    let before = bss.vendor();
    bss.refused(ErrorCode::StateConflict, UPGRADE, &known_service(5, json!({}))).await;
    assert_eq!(bss.vendor(), before);
}
