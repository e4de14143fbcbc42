//! `POST subscriptions/suspend`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, account, known_service, provisioned, service};

const SUSPEND: &str = "subscriptions/suspend";

#[tokio::test]
async fn disables_logins_while_backup_and_billing_continue() {
    let bss = Bss::with_subscription().await;
    assert_eq!(bss.answer(SUSPEND, &known_service(5, json!({}))).await, provisioned(SUBSCRIPTION));
    let expected = json!({
        "flg_suspended": true, "login_disabled": true, "customer_deactivated": false, "seats_available": 5,
    });
    bss.assert_at_vendor(ORGANIZATION, &expected);
}

#[tokio::test]
async fn a_repeated_call_returns_the_same_and_has_no_effect() {
    let bss = Bss::with_subscription().await;
    let first = bss.answer(SUSPEND, &known_service(5, json!({}))).await;
    let writes = bss.writes();
    assert_eq!(bss.answer(SUSPEND, &known_service(5, json!({}))).await, first);
    assert_eq!(bss.writes(), writes);
}

#[tokio::test]
async fn only_the_ids_matter() {
    let bss = Bss::with_subscription().await;
    let nonsense = json!({"ID": SUBSCRIPTION, "Quantity": -5, "AttributeList": {"plan": {"Code": "none-such"}}});
    assert_eq!(bss.answer(SUSPEND, &nonsense).await, provisioned(SUBSCRIPTION));
    bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": true, "seats_available": 5}));
}

#[tokio::test]
async fn a_subscription_that_is_not_live_cannot_be_suspended() {
    let bss = Bss::start().await;
    bss.refused(ErrorCode::AccountUnknown, SUSPEND, &service(json!({}))).await;
    bss.done("accounts/synchronize", &account(json!({}))).await;
    bss.done("subscriptions/create", &service(json!({}))).await;
    let never = known_service(5, json!({"ID": null, "SubscriptionID": "S9"}));
    bss.refused(ErrorCode::SubscriptionUnknown, SUSPEND, &never).await;
    bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    bss.refused(ErrorCode::StateConflict, SUSPEND, &known_service(5, json!({}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": false}));
}
