//! `CheckOnly` on each endpoint that takes a subscription: it applies all rules, gives the same response as the call,
//! and has no effect.

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP_USD, Bss, ORGANIZATION, account, addon, known_service, merged, service};

fn checked(body: &Value) -> Value {
    merged(body.clone(), json!({"CheckOnly": true}))
}

/// Asserts that the check gives the same response as the call after it, and changes nothing at the vendor or in the
/// table.
async fn check_then_call(bss: &Bss, path: &str, body: &Value) -> Value {
    let before = bss.effects().await;
    let check = bss.answer(path, &checked(body)).await;
    assert_eq!(bss.effects().await, before, "{path} with CheckOnly");
    assert_eq!(bss.answer(path, body).await, check, "{path}: the check promised something else");
    check
}

#[tokio::test]
async fn a_whole_lifecycle_is_checked_step_by_step() {
    let bss = Bss::with_account().await;
    let archiving = |action: &str| known_service(5, json!({"Addons": addon("archiving", 1, action)}));
    for (path, body) in [
        ("subscriptions/create", service(json!({}))),
        ("subscriptions/create", service(json!({}))),
        ("subscriptions/update", known_service(7, json!({}))),
        ("subscriptions/update", known_service(7, json!({"ActionType": "Suspend"}))),
        ("subscriptions/update", known_service(7, json!({"ActionType": "Activate"}))),
        ("subscriptions/update", known_service(7, json!({"ActionType": "UpgradeToPaid"}))),
        ("subscriptions/upgradetopaid", known_service(8, json!({}))),
        ("addons/create", archiving("Provision")),
        ("addons/update", archiving("Upgrade")),
        ("addons/cancel", archiving("Cancel")),
        ("subscriptions/suspend", known_service(5, json!({}))),
        ("subscriptions/suspend", known_service(5, json!({}))),
        ("subscriptions/activate", known_service(5, json!({}))),
        ("subscriptions/cancel", known_service(5, json!({}))),
        ("subscriptions/cancel", known_service(5, json!({}))),
        ("subscriptions/activate", known_service(5, json!({}))),
        ("subscriptions/update", known_service(5, json!({"ActionType": "Cancel"}))),
    ] {
        let writes = bss.writes().len();
        let answer = check_then_call(&bss, path, &body).await;
        assert_eq!(answer["Code"], 0, "{path} {answer}");
        assert!(bss.writes().len() <= writes + 1);
    }
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}

#[tokio::test]
async fn each_rule_is_checked() {
    let bss = Bss::start().await;
    let refused = async |code: ErrorCode, path: &str, body: Value| {
        let before = bss.effects().await;
        let message = bss.refused(code, path, &checked(&body)).await;
        assert_eq!(bss.effects().await, before, "{path} with CheckOnly");
        assert_eq!(bss.refused(code, path, &body).await, message);
    };
    refused(ErrorCode::AccountUnknown, "subscriptions/create", service(json!({}))).await;
    bss.done("accounts/synchronize", &account(json!({}))).await;
    for path in ["subscriptions/update", "subscriptions/activate", "subscriptions/suspend", "addons/create"] {
        let order = service(json!({"Addons": addon("extra-seats", 1, "Provision")}));
        refused(ErrorCode::SubscriptionUnknown, path, order).await;
    }
    let plan = |code: &str| json!({"AttributeList": {"plan": {"Code": code}}});
    refused(ErrorCode::PlanUnknown, "subscriptions/create", service(plan("none-such"))).await;
    refused(ErrorCode::SeatsInvalid, "subscriptions/create", service(json!({"Quantity": 0}))).await;
    bss.done("subscriptions/create", &service(json!({}))).await;
    refused(ErrorCode::SubscriptionExists, "subscriptions/create", service(json!({"SubscriptionID": "S2"}))).await;
    refused(ErrorCode::CurrencyMismatch, "subscriptions/update", known_service(5, plan(BACKUP_USD))).await;
    bss.at_vendor(ORGANIZATION, json!({"seats_used": 5})).await;
    refused(ErrorCode::SeatsInUse, "subscriptions/update", known_service(4, json!({}))).await;
    let fewer = known_service(3, json!({"Addons": addon("extra-seats", 1, "Provision")}));
    refused(ErrorCode::SeatsInUse, "addons/update", fewer).await;
    bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    refused(ErrorCode::StateConflict, "subscriptions/suspend", known_service(5, json!({}))).await;
    bss.stack.clock.advance(jiff::SignedDuration::from_hours(24 * 46));
    refused(ErrorCode::RetentionExpired, "subscriptions/activate", known_service(5, json!({}))).await;
}

#[tokio::test]
async fn a_check_reads_a_linked_organization() {
    let bss = Bss::start().await;
    let id = bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso"})).await;
    check_then_call(&bss, "subscriptions/create", &service(json!({"Account": {"ExternalID": id}}))).await;
    let gone = json!({"SubscriptionID": "S2", "Account": {"ID": "1002", "ExternalID": "1-6"}});
    bss.refused(ErrorCode::MissingAtVendor, "subscriptions/create", &checked(&service(gone))).await;
}
