//! `POST accounts/delete`

use std::time::Duration;

use sandbox::dropsuite::PARTNERS;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, account, merged, reseller, result, service};

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
    let names_it = |table: Vec<Value>| {
        ["#account#1001", "#external#440032-6"].iter().any(|id| json!(table).to_string().contains(id))
    };
    assert!(names_it(bss.table().await));
    bss.done(DELETE, &account(json!({}))).await;
    assert!(!names_it(bss.table().await));
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
    let before = bss.effects().await;
    bss.refused(ErrorCode::SubscriptionLive, DELETE, &account(json!({}))).await;
    assert_eq!(bss.effects().await, before);
}

#[tokio::test]
async fn a_repeated_call_returns_the_same_and_has_no_effect() {
    let bss = Bss::start().await;
    let id = bss.done("accounts/synchronize", &account(json!({}))).await;
    let known = account(json!({"ExternalID": id}));
    let first = bss.answer(DELETE, &known).await;
    let after = bss.effects().await;
    assert_eq!(bss.answer(DELETE, &known).await, first);
    assert_eq!(bss.effects().await, after);
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

#[tokio::test]
async fn another_partners_tokens_or_one_denial_delete_nothing() {
    let bss = Bss::with_account().await;
    let vendor = bss.vendor();
    bss.of_partner(PARTNERS[1]).refused(ErrorCode::MissingAtVendor, DELETE, &account(json!({}))).await;
    bss.vendor_faults(json!([{"method": "GET", "path": "/users/*", "times": 1, "status": 404}]));
    bss.refused(ErrorCode::MissingAtVendor, DELETE, &account(json!({}))).await;
    assert_eq!(bss.vendor(), vendor);
    bss.done("subscriptions/create", &service(json!({}))).await;
    bss.refused(ErrorCode::SubscriptionLive, DELETE, &account(json!({}))).await;
}

#[tokio::test]
async fn a_reseller_with_a_live_customer_is_kept() {
    let bss = Bss::start().await;
    bss.done("accounts/synchronize", &reseller(json!({}))).await;
    let of_reseller = reseller(json!({}))["ID"].clone();
    let customer = account(json!({"ResellerID": of_reseller}));
    bss.done("accounts/synchronize", &customer).await;
    let order = service(json!({"Account": customer}));
    bss.done("subscriptions/create", &order).await;
    let before = bss.effects().await;
    let message = bss.refused(ErrorCode::SubscriptionLive, DELETE, &reseller(json!({}))).await;
    assert!(message.contains("1001"), "{message}");
    assert_eq!(bss.effects().await, before);
    bss.done("subscriptions/suspend", &order).await;
    bss.refused(ErrorCode::SubscriptionLive, DELETE, &reseller(json!({}))).await;
    bss.done("subscriptions/cancel", &order).await;
    bss.done(DELETE, &reseller(json!({}))).await;
}

#[tokio::test]
async fn a_customer_that_moved_to_another_reseller_is_that_ones() {
    let bss = Bss::start().await;
    let second =
        reseller(json!({"ID": "7002", "Name": "Second", "SyncOptions": {"username": "b@second.example", "role": "2"}}));
    bss.done("accounts/synchronize", &reseller(json!({}))).await;
    bss.done("accounts/synchronize", &second).await;
    let customer = |reseller: &Value| account(json!({"ResellerID": reseller["ID"]}));
    bss.done("accounts/synchronize", &customer(&reseller(json!({})))).await;
    bss.done("subscriptions/create", &service(json!({"Account": customer(&reseller(json!({})))}))).await;
    bss.done("accounts/synchronize", &customer(&second)).await;
    bss.refused(ErrorCode::SubscriptionLive, DELETE, &second).await;
    bss.done(DELETE, &reseller(json!({}))).await;
}

#[tokio::test]
async fn one_list_does_not_prove_that_a_lost_create_never_arrived() {
    for absent in [json!({"status": 200, "body": []}), json!({"patch": [{"op": "remove", "path": "/0"}]})] {
        let bss = Bss::start().await;
        let list = json!({"method": "GET", "path": "/users"});
        bss.vendor_faults(json!([
            {"method": "POST", "path": "/users", "times": 1, "drop": "after"},
            merged(list.clone(), json!({"status": 503})),
        ]));
        bss.refused(ErrorCode::OutcomeUnknown, "accounts/synchronize", &account(json!({}))).await;
        bss.vendor_faults(json!([merged(merged(list, json!({"times": 1})), absent)]));
        bss.done(DELETE, &account(json!({}))).await;
        bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    }
}

#[tokio::test]
async fn two_looks_for_a_lost_create_end_on_a_list_that_one_call_cannot_read() {
    let bss = Bss::start_with(Options { search_pages: Some(1), ..Options::from_env() }).await;
    for n in 0..101 {
        bss.in_portal(json!({"email": format!("o{n}@many.example"), "organization_name": format!("Many {n}")})).await;
    }
    bss.vendor_faults(json!([
        {"method": "POST", "path": "/users", "times": 1, "drop": "before"},
        {"method": "GET", "path": "/users", "status": 503},
    ]));
    bss.refused(ErrorCode::OutcomeUnknown, "accounts/synchronize", &account(json!({}))).await;
    bss.vendor_faults(json!([]));
    for _ in 0..2 {
        bss.refused(ErrorCode::SearchIncomplete, DELETE, &account(json!({}))).await;
    }
    bss.done(DELETE, &account(json!({}))).await;
    assert_eq!(bss.organizations().len(), 101);
}

#[tokio::test]
async fn a_reseller_stays_while_an_order_of_its_customer_is_in_flight() {
    let bss = Bss::start().await;
    let resell = reseller(json!({}));
    bss.done("accounts/synchronize", &resell).await;
    let customer = account(json!({"ResellerID": "2001", "SyncOptions": {"parent": "Resell"}}));
    bss.done("accounts/synchronize", &customer).await;
    bss.vendor_faults(json!([{"method": "PUT", "path": "/users/*", "times": 1, "delay_ms": 2000}]));
    let order = service(json!({"Account": customer}));
    let delete = async {
        while !bss.table().await.iter().any(|item| item.get("pending_step").is_some()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bss.refused(ErrorCode::SubscriptionLive, DELETE, &resell).await
    };
    futures::join!(bss.done("subscriptions/create", &order), delete);
}
