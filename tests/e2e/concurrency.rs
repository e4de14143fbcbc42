//! Concurrent calls: a double click, a retry that overtakes its original, two people who work on the same customer.

use futures::future::join_all;
use sandbox::dropsuite::PortalChange;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use crate::client::{Bss, ORGANIZATION, account, known_service, service};

/// Sends all of `bodies` at once.
async fn at_once(bss: &Bss, path: &str, bodies: &[Value]) -> Vec<Value> {
    join_all(bodies.iter().map(|body| bss.answer(path, body))).await
}

fn codes(answers: &[Value]) -> Vec<i64> {
    let mut codes: Vec<_> = answers.iter().map(|answer| answer["Code"].as_i64().unwrap()).collect();
    codes.sort_unstable();
    codes
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_equal_synchronizations_create_one_organization() {
    let bss = Bss::start().await;
    let answers = at_once(&bss, "accounts/synchronize", &vec![account(json!({})); 64]).await;
    assert_eq!(answers[0]["Result"], ORGANIZATION);
    assert_eq!(answers[0]["SendNotification"], true);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(bss.writes(), ["POST users"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_equal_orders_are_one_change() {
    let bss = Bss::with_account().await;
    let answers = at_once(&bss, "subscriptions/create", &vec![service(json!({})); 64]).await;
    assert_eq!(answers[0]["Code"], 0);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(bss.writes(), ["POST users", "PUT users/440032-6/subscription"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_with_one_email_get_one_organization() {
    let bss = Bss::start().await;
    let other = account(json!({"ID": "1002", "Name": "Contoso Two"}));
    let answers = at_once(&bss, "accounts/synchronize", &[account(json!({})), other]).await;
    assert_eq!(codes(&answers), [i64::from(ErrorCode::EmailInUse.number()), 0]);
    assert_eq!(bss.organizations().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_with_one_email_and_name_get_one_organization() {
    let bss = Bss::start().await;
    let twins = [account(json!({})), account(json!({"ID": "1002"}))];
    let answers = at_once(&bss, "accounts/synchronize", &twins).await;
    let codes = codes(&answers);
    assert!(codes[0] < 0 && codes[1] == 0, "{answers:?}");
    assert_eq!(bss.organizations().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_cannot_link_the_same_organization() {
    let bss = Bss::start().await;
    let id = bss.in_portal(json!({"email": "it@contoso.example", "organization_name": "Contoso"})).await;
    let link = |n: u32| account(json!({"ID": n.to_string(), "ExternalID": id}));
    let answers = at_once(&bss, "accounts/synchronize", &[link(1001), link(1002), link(1003)]).await;
    let taken = i64::from(ErrorCode::ExternalIdTaken.number());
    assert_eq!(codes(&answers), [taken, taken, 0]);
    assert_eq!(bss.writes(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_subscriptions_of_one_account_get_one_success() {
    let bss = Bss::with_account().await;
    let orders = [service(json!({})), service(json!({"SubscriptionID": "S2", "Quantity": 9}))];
    let answers = at_once(&bss, "subscriptions/create", &orders).await;
    assert_eq!(codes(&answers), [i64::from(ErrorCode::SubscriptionExists.number()), 0]);
    let seats = if answers[0]["Code"] == 0 { 5 } else { 9 };
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": seats}));
}

#[tokio::test(flavor = "multi_thread")]
async fn different_changes_of_one_subscription_are_serialized() {
    let bss = Bss::with_subscription().await;
    let orders: Vec<_> = (10..18).map(|seats| known_service(seats, json!({}))).collect();
    let answers = at_once(&bss, "subscriptions/update", &orders).await;
    assert_eq!(codes(&answers), [0; 8]);
    assert_eq!(bss.writes().len(), 2 + 8);
    let seats = bss.organizations()[0]["seats_available"].as_u64().unwrap();
    assert!((10..18).contains(&seats));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_for_a_failing_one_reads_the_vendor_itself() {
    let bss = Bss::with_subscription().await;
    let order = known_service(6, json!({}));
    bss.done("subscriptions/update", &order).await;
    bss.stack.dropsuite.change_in_portal(ORGANIZATION, PortalChange::Seats(9)).unwrap();
    let row = format!("/users/{ORGANIZATION}");
    bss.vendor_faults(json!([{"method": "GET", "path": row, "times": 1, "delay_ms": 500, "status": 404}]));
    let answers = at_once(&bss, "subscriptions/update", &[order.clone(), order]).await;
    assert_eq!(codes(&answers), [i64::from(ErrorCode::MissingAtVendor.number()), 0]);
    bss.assert_at_vendor(ORGANIZATION, &json!({"seats_available": 6}));
}

#[tokio::test(flavor = "multi_thread")]
async fn different_accounts_are_independent() {
    let bss = Bss::start().await;
    let accounts: Vec<_> = (0..32)
        .map(|n| {
            let options = json!({"username": format!("it@c{n}.example")});
            account(json!({"ID": n, "Name": format!("Customer {n}"), "SyncOptions": options}))
        })
        .collect();
    let answers = at_once(&bss, "accounts/synchronize", &accounts).await;
    assert_eq!(codes(&answers), [0; 32]);
    assert_eq!(bss.organizations().len(), 32);
}
