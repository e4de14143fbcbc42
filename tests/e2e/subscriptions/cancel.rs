//! `POST subscriptions/cancel`

use jiff::SignedDuration;
use reqwest::Method;
use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::provisioning::recovery::Report;

use crate::client::{Bss, ORGANIZATION, SUBSCRIPTION, account, known_service, provisioned, service};

const CANCEL: &str = "subscriptions/cancel";

#[tokio::test]
async fn unsubscribes_and_deletes_nothing() {
    let bss = Bss::with_subscription().await;
    assert_eq!(bss.answer(CANCEL, &known_service(5, json!({}))).await, provisioned(SUBSCRIPTION));
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true, "seats_available": 5}));
    assert_eq!(bss.writes()[2..], ["PUT users/440032-6/unsubscribe"]);
}

#[tokio::test]
async fn a_repeated_call_returns_the_same_and_has_no_effect() {
    let bss = Bss::with_subscription().await;
    let first = bss.answer(CANCEL, &known_service(5, json!({}))).await;
    let after = bss.vendor();
    for same in [known_service(5, json!({})), json!({"ID": SUBSCRIPTION}), json!({"SubscriptionID": "S1"})] {
        assert_eq!(bss.answer(CANCEL, &same).await, first);
    }
    assert_eq!(bss.vendor(), after);
}

#[tokio::test]
async fn a_repeated_call_does_not_end_a_later_subscription() {
    let bss = Bss::with_subscription().await;
    bss.done(CANCEL, &known_service(5, json!({}))).await;
    bss.done("subscriptions/create", &service(json!({"SubscriptionID": "S2"}))).await;
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false}));
}

#[tokio::test]
async fn a_suspended_subscription_can_be_cancelled() {
    let bss = Bss::with_subscription().await;
    bss.done("subscriptions/suspend", &known_service(5, json!({}))).await;
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}

#[tokio::test]
async fn an_unknown_subscription_counts_as_cancelled() {
    let bss = Bss::start().await;
    let before = bss.effects().await;
    assert_eq!(bss.done(CANCEL, &service(json!({}))).await, "S1", "also without the account");
    assert_eq!(bss.effects().await, before);
    bss.done("accounts/synchronize", &account(json!({}))).await;
    assert_eq!(bss.done(CANCEL, &service(json!({}))).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false}));
    bss.refused(ErrorCode::BadRequest, CANCEL, &json!({"Account": account(json!({}))})).await;
}

#[tokio::test]
async fn seats_in_use_do_not_matter() {
    let bss = Bss::with_subscription().await;
    bss.at_vendor(ORGANIZATION, json!({"seats_used": 5})).await;
    bss.done(CANCEL, &known_service(0, json!({"Quantity": 0}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}

#[tokio::test]
async fn a_failed_replacement_does_not_affect_its_original() {
    let bss = Bss::with_subscription().await;
    let replacement = service(json!({"SubscriptionID": "S2", "OriginalSubscriptionID": "S1"}));
    bss.refused(ErrorCode::SubscriptionExists, "subscriptions/create", &replacement).await;
    bss.done("subscriptions/cancel", &replacement).await;
    assert!(!bss.writes().iter().any(|write| write.contains("unsubscribe")), "the original is still live");
}

/// The fault that Dropsuite denies the organization.
fn denied(times: Option<u32>) -> Value {
    json!({"method": "GET", "path": format!("/users/{ORGANIZATION}"), "times": times, "status": 404})
}

#[tokio::test]
async fn another_partners_tokens_end_nothing() {
    let bss = Bss::with_subscription().await;
    let (other, before) = (bss.of_partner(PARTNERS[1]), bss.vendor());
    for body in [known_service(5, json!({})), json!({"ID": SUBSCRIPTION}), known_service(5, json!({"CheckOnly": true}))]
    {
        let message = other.refused(ErrorCode::MissingAtVendor, CANCEL, &body).await;
        assert!(message.contains(ORGANIZATION) && message.contains("tokens"), "{message}");
    }
    for path in ["subscriptions/suspend", "subscriptions/update", "subscriptions/activate"] {
        other.refused(ErrorCode::MissingAtVendor, path, &known_service(5, json!({}))).await;
    }
    assert_eq!(bss.vendor(), before);
    bss.done(CANCEL, &known_service(5, json!({}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    other.refused(ErrorCode::MissingAtVendor, CANCEL, &known_service(5, json!({}))).await;
}

#[tokio::test]
async fn one_denial_ends_nothing() {
    let bss = Bss::with_subscription().await;
    let before = bss.vendor();
    bss.vendor_faults(json!([denied(Some(1))]));
    bss.refused(ErrorCode::MissingAtVendor, CANCEL, &known_service(5, json!({}))).await;
    assert_eq!(bss.vendor(), before);
    bss.done(CANCEL, &known_service(5, json!({}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}

#[tokio::test]
async fn a_denial_after_a_lost_response_is_resolved_by_the_recovery() {
    let bss = Bss::with_subscription().await;
    bss.vendor_faults(json!([
        {"method": "PUT", "path": "*/unsubscribe", "times": 1, "drop": "before"},
        {"method": "GET", "path": format!("/users/{ORGANIZATION}"), "after": 1, "times": 1, "status": 404},
    ]));
    bss.refused(ErrorCode::MissingAtVendor, CANCEL, &known_service(5, json!({}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false}));
    assert_eq!(bss.recover().await, Report { recovered: 1, stuck: 0 });
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
}

#[tokio::test]
async fn an_absence_that_was_proved_wrongly_is_mended_by_the_recovery() {
    let bss = Bss::with_subscription().await;
    let lacking = json!([{"op": "remove", "path": "/result_set/0"}]);
    bss.vendor_faults(json!([denied(Some(1)), {"method": "GET", "path": "/users", "times": 1, "patch": lacking}]));
    bss.done(CANCEL, &known_service(5, json!({}))).await;
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false}));
    assert_eq!(bss.recover().await, Report { recovered: 1, stuck: 0 });
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    assert_eq!(bss.recover().await, Report::default());
}

#[tokio::test]
async fn an_organization_that_was_deleted_at_dropsuite_counts_as_cancelled() {
    let bss = Bss::with_subscription().await;
    bss.as_partner(&PARTNERS[0], Method::DELETE, &format!("users/{ORGANIZATION}")).await;
    bss.of_partner(PARTNERS[1]).refused(ErrorCode::MissingAtVendor, CANCEL, &known_service(5, json!({}))).await;
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION);
    assert_eq!(bss.recover().await, Report { recovered: 1, stuck: 0 });
    assert_eq!(bss.recover().await, Report::default());
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION);
}

#[tokio::test]
async fn tokens_that_show_no_plans_prove_no_absence() {
    let bss = Bss::with_subscription().await;
    bss.vendor_faults(json!([
        denied(None),
        {"method": "GET", "path": "/users", "status": 200, "body": []},
        {"method": "GET", "path": "/plans", "status": 200, "body": []},
    ]));
    bss.refused(ErrorCode::MissingAtVendor, CANCEL, &known_service(5, json!({}))).await;
}

#[tokio::test]
async fn a_repeated_call_reads_the_vendor_again() {
    let bss = Bss::with_subscription().await;
    bss.done(CANCEL, &known_service(5, json!({}))).await;
    bss.as_partner(&PARTNERS[0], Method::PUT, &format!("users/{ORGANIZATION}/reactivate")).await;
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION);
    bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    bss.stack.clock.advance(SignedDuration::from_hours(24 * 46));
    assert_eq!(bss.done(CANCEL, &known_service(5, json!({}))).await, SUBSCRIPTION, "it is purged");
}
