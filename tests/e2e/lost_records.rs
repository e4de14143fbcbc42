//! A lost record is no end: an order that ends a subscription or an account must not answer 0 while the vendor goes on billing.

use reqwest::Method;
use sandbox::dropsuite::PARTNERS;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{BACKUP, Bss, ORGANIZATION, SUBSCRIPTION, account, known_service, merged, service};
use crate::dropbox::demo as dropbox;

const CANCEL: &str = "subscriptions/cancel";
const DELETE: &str = "accounts/delete";

/// Returns a cancellation as the BSS sends it: it holds the external ids of the subscription and of the account.
fn cancellation(more: Value) -> Value {
    known_service(5, merged(json!({"Account": {"ExternalID": ORGANIZATION}}), more))
}

fn is_live(bss: &Bss) -> bool {
    bss.organization(ORGANIZATION, &json!({"customer_deactivated": null}))["customer_deactivated"] == false
}

#[tokio::test]
async fn a_subscription_without_a_record_is_ended_at_the_vendor() {
    for lost in ["subscription", ""] {
        let bss = Bss::with_subscription().await;
        bss.lose(lost).await;
        let check = cancellation(json!({"CheckOnly": true}));
        assert_eq!(bss.done(CANCEL, &check).await, SUBSCRIPTION, "{lost}");
        assert!(is_live(&bss));
        for _ in 0..2 {
            assert_eq!(bss.done(CANCEL, &cancellation(json!({}))).await, SUBSCRIPTION, "{lost}");
            assert!(!is_live(&bss));
        }
        assert_eq!(bss.writes().iter().filter(|write| write.ends_with("/unsubscribe")).count(), 1);
    }
}

#[tokio::test]
async fn a_cancellation_that_names_no_account_of_the_vendor_is_refused_until_it_is_synchronized() {
    let bss = Bss::with_subscription().await;
    bss.lose("").await;
    let before = bss.effects().await;
    let message = bss.refused(ErrorCode::AccountUnknown, CANCEL, &known_service(5, json!({}))).await;
    assert!(message.contains("Save & Synchronize"), "{message}");
    let message = bss.refused(ErrorCode::SubscriptionUnknown, CANCEL, &json!({"ID": SUBSCRIPTION})).await;
    assert!(message.contains("record is missing"), "{message}");
    assert_eq!(bss.effects().await, before);
    bss.done("accounts/synchronize", &account(json!({}))).await;
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION);
    assert!(!is_live(&bss));
}

#[tokio::test]
async fn another_partners_tokens_prove_nothing_about_it() {
    let bss = Bss::with_subscription().await;
    bss.lose("").await;
    let other = bss.of_partner(PARTNERS[1]);
    other.refused(ErrorCode::MissingAtVendor, CANCEL, &cancellation(json!({}))).await;
    assert!(is_live(&bss));
}

#[tokio::test]
async fn one_that_has_ended_at_the_vendor_is_only_read() {
    let bss = Bss::with_subscription().await;
    bss.as_partner(&PARTNERS[0], Method::PUT, &format!("users/{ORGANIZATION}/unsubscribe")).await;
    bss.lose("").await;
    let before = bss.writes();
    assert_eq!(bss.done(CANCEL, &cancellation(json!({}))).await, SUBSCRIPTION);
    assert_eq!(bss.writes(), before);
}

#[tokio::test]
async fn the_subscription_of_another_object_or_a_later_one_is_not_ended() {
    let bss = Bss::start_with(Options { second_channel: true, ..Options::from_env() }).await;
    bss.done("accounts/synchronize", &account(json!({}))).await;
    bss.done("subscriptions/create", &service(json!({}))).await;
    bss.lose("subscription").await;
    let foreign = cancellation(json!({"ID": "440099-6.S1", "SubscriptionID": "S9"}));
    assert_eq!(bss.done(CANCEL, &foreign).await, "440032-6.S9", "the account's live subscription is S1");
    bss.lose("account").await;
    bss.refused(ErrorCode::SubscriptionUnknown, CANCEL, &foreign).await;
    assert!(is_live(&bss));
    let second = bss.second_installation();
    second.refused(ErrorCode::ExternalIdTaken, CANCEL, &cancellation(json!({}))).await;
    assert!(is_live(&bss));
}

#[tokio::test]
async fn an_add_on_of_a_subscription_without_a_record_is_refused() {
    let bss = Bss::with_subscription().await;
    bss.lose("").await;
    bss.done("accounts/synchronize", &account(json!({}))).await;
    let addon = json!([{"ProductID": "archiving", "Quantity": 1, "ActionType": "Cancel"}]);
    let order = cancellation(json!({"ActionType": "None", "Addons": addon}));
    bss.refused(ErrorCode::SubscriptionUnknown, "addons/cancel", &order).await;
    bss.refused(ErrorCode::SubscriptionUnknown, "subscriptions/suspend", &order).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"plan_id": BACKUP, "customer_deactivated": false}));
}

#[tokio::test]
async fn what_was_never_provisioned_counts_as_ended() {
    let bss = Bss::start().await;
    assert_eq!(bss.done(CANCEL, &service(json!({}))).await, "S1");
    assert_eq!(bss.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_account_that_is_live_at_the_vendor_is_not_taken_for_deleted() {
    let bss = Bss::with_account().await;
    let known = account(json!({"ExternalID": ORGANIZATION}));
    bss.lose("").await;
    let message = bss.refused(ErrorCode::AccountUnknown, DELETE, &known).await;
    assert!(message.contains("Save & Synchronize"), "{message}");
    assert!(is_live(&bss));
    bss.done("accounts/synchronize", &known).await;
    for _ in 0..2 {
        bss.done(DELETE, &known).await;
        assert!(!is_live(&bss));
    }
}

#[tokio::test]
async fn a_team_without_a_record_is_read_and_not_taken_for_ended() {
    let bss = Bss::with_team(dropbox::STANDARD, 3, json!({})).await;
    let cancellation = dropbox::known(dropbox::STANDARD, 3, json!({}));
    bss.lose("").await;
    bss.refused(ErrorCode::AccountUnknown, CANCEL, &cancellation).await;
    bss.done(dropbox::SYNCHRONIZE, &dropbox::account(json!({}))).await;
    for order in [cancellation.clone(), dropbox::known(dropbox::STANDARD, 3, json!({"CheckOnly": true}))] {
        let message = bss.refused(ErrorCode::SubscriptionUnknown, CANCEL, &order).await;
        assert!(message.contains(dropbox::SUBSCRIPTION), "{message}");
    }
    assert_eq!(bss.team()["active"], true);
    let [partner, other] = &sandbox::dropbox::PARTNERS;
    let team = json!({"id": dropbox::TEAM, "reseller_ids": ["R-2001"]});
    bss.as_distributor(partner, "cancel", &team).await;
    let (_, answer) = bss.of_distributor(*other).post(CANCEL, &cancellation).await;
    assert!(answer["Code"].as_i64().unwrap() < 0, "{answer}");
    assert_eq!(bss.done(CANCEL, &cancellation).await, dropbox::SUBSCRIPTION);
}

#[tokio::test]
async fn a_team_whose_account_is_known_is_ended() {
    let bss = Bss::with_team(dropbox::STANDARD, 3, json!({})).await;
    bss.lose("subscription").await;
    let cancellation = dropbox::known(dropbox::STANDARD, 3, json!({}));
    assert_eq!(bss.done(CANCEL, &cancellation).await, dropbox::SUBSCRIPTION);
    assert_eq!(bss.team()["active"], false);
}
