//! `POST accounts/delete`

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, account, reseller, result, service};

const DELETE: &str = "accounts/delete";

#[tokio::test]
async fn unsubscribes_and_removes_the_account() {
    let bss = Bss::start().await;
    let id = bss.done("accounts/synchronize", &account(json!({}))).await;
    assert_eq!(bss.answer(DELETE, &account(json!({"ExternalID": id}))).await, result(0, "", ""));
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    assert_eq!(bss.writes(), ["POST users", "PUT users/440032-6/unsubscribe"], "never a hard delete");
    bss.refused(ErrorCode::AccountUnknown, "subscriptions/create", &service(json!({}))).await;
}

#[tokio::test]
async fn removes_all_items_of_the_account() {
    let bss = Bss::with_account().await;
    let names_it =
        |table: &Value| ["#account#1001", "#external#440032-6"].iter().any(|id| table.to_string().contains(id));
    assert!(bss.table().is_none_or(|table| names_it(&table)));
    bss.done(DELETE, &account(json!({}))).await;
    assert!(bss.table().is_none_or(|table| !names_it(&table)));
}

#[tokio::test]
async fn is_rejected_while_a_subscription_is_live() {
    let bss = Bss::with_subscription().await;
    let message = bss.refused(ErrorCode::SubscriptionLive, DELETE, &account(json!({}))).await;
    assert!(message.contains("S1"), "{message}");
    bss.done("subscriptions/suspend", &json!({"ID": SUBSCRIPTION})).await;
    bss.refused(ErrorCode::SubscriptionLive, DELETE, &account(json!({}))).await;
    assert_eq!(bss.writes()[2..], ["PUT users/440032-6/suspend"]);
    bss.done("subscriptions/cancel", &json!({"ID": SUBSCRIPTION})).await;
    assert_eq!(bss.answer(DELETE, &account(json!({}))).await, result(0, "", ""));
}

#[tokio::test]
async fn a_rejected_call_changes_nothing() {
    let bss = Bss::with_subscription().await;
    let before = bss.effects();
    bss.refused(ErrorCode::SubscriptionLive, DELETE, &account(json!({}))).await;
    assert_eq!(bss.effects(), before);
}

#[tokio::test]
async fn a_repeated_call_returns_the_same_and_has_no_effect() {
    let bss = Bss::start().await;
    let id = bss.done("accounts/synchronize", &account(json!({}))).await;
    let known = account(json!({"ExternalID": id}));
    let first = bss.answer(DELETE, &known).await;
    let after = bss.effects();
    assert_eq!(bss.answer(DELETE, &known).await, first);
    assert_eq!(bss.effects(), after);
}

#[tokio::test]
async fn an_unknown_account_counts_as_deleted() {
    let bss = Bss::start().await;
    assert_eq!(bss.answer(DELETE, &account(json!({}))).await, result(0, "", ""));
    assert_eq!(bss.answer(DELETE, &json!({"ExternalID": "1-6"})).await, result(0, "", ""));
    assert_eq!(bss.stack.dropsuite.calls(), []);
}

#[tokio::test]
async fn the_external_id_alone_is_enough() {
    let bss = Bss::start().await;
    let id = bss.done("accounts/synchronize", &account(json!({}))).await;
    assert_eq!(bss.answer(DELETE, &json!({"ExternalID": id, "ExtraDetails": null})).await, result(0, "", ""));
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}

#[tokio::test]
async fn a_linked_organization_is_kept() {
    let bss = Bss::start().await;
    let id = bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso"})).await;
    bss.done("accounts/synchronize", &account(json!({"ExternalID": id}))).await;
    bss.done(DELETE, &account(json!({"ExternalID": id}))).await;
    bss.assert_at_vendor(&id, &json!({"customer_deactivated": false}));
    assert_eq!(bss.writes(), [""; 0]);
}

#[tokio::test]
async fn a_reseller_is_removed_here_only() {
    let bss = Bss::start().await;
    bss.done("accounts/synchronize", &reseller(json!({}))).await;
    bss.done(DELETE, &reseller(json!({}))).await;
    assert_eq!(bss.writes(), ["POST resellers"], "there is no call that ends one");
}

#[tokio::test]
async fn needs_an_id() {
    let bss = Bss::start().await;
    bss.refused(ErrorCode::BadRequest, DELETE, &json!({"Name": "Contoso"})).await;
}
