//! `POST portal/organizations/unsubscribe`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::ORGANIZATION;
use crate::portal::msp::{
    ACME, BLUE_BACKUP, BLUE_LIGHT, CREATE_PLAN, Msp, ORDER, RETRY, SUSPEND, UNSUBSCRIBE, company, order, plan,
};

#[tokio::test]
async fn what_was_never_billed_never_is() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let ended = msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    assert_eq!(ended["state"], "cancelled");
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    msp.settled().await;
    let line = msp.line();
    assert_eq!((&line["quantity"], &line["billCustomer"]), (&json!(0), &json!("DoNotBill")));
    assert_eq!(
        (&line["effectiveDate"], &line["cancelledDate"]),
        (&json!("2031-06-01T00:00:00Z"), &json!("2031-06-01T00:00:00Z"))
    );
    assert_eq!(msp.row().await["state"], "applied");
}

#[tokio::test]
async fn what_is_in_effect_is_billed_to_the_end_of_the_month() {
    for (moment, expected) in [
        ("2031-06-10T12:00:00Z", "2031-06-30T00:00:00Z"),
        // Still June in the MSP's zone.
        ("2031-07-01T02:00:00Z", "2031-06-30T00:00:00Z"),
        ("2031-07-01T05:00:00Z", "2031-07-31T00:00:00Z"),
    ] {
        let Some(msp) = Msp::with_tenant().await else { return };
        let msp = msp.at(moment).await;
        msp.invoices(BLUE_BACKUP).await;
        msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
        msp.settled().await;
        let line = msp.line();
        assert_eq!(line["cancelledDate"], expected, "{moment}");
        assert_eq!((&line["quantity"], &line["billCustomer"]), (&json!(3), &json!("Billable")));
    }
}

#[tokio::test]
async fn nothing_is_given_back_of_what_is_invoiced() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    for _ in 6..=8 {
        msp.invoices(BLUE_BACKUP).await;
    }
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    assert_eq!(msp.line()["cancelledDate"], "2031-08-31T00:00:00Z");
}

#[tokio::test]
async fn again_has_no_effect() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let first = msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    let before = (msp.bss.vendor(), msp.line());
    assert_eq!(msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await, first);
    msp.settled().await;
    assert_eq!((msp.bss.vendor(), msp.line()), before);
    msp.refused(ErrorCode::SubscriptionUnknown, UNSUBSCRIBE, &company(ACME)).await;
}

#[tokio::test]
async fn a_suspended_one_can_be_ended() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    assert_eq!(msp.line()["cancelledDate"], "2031-06-01T00:00:00Z");
}

#[tokio::test]
async fn a_new_order_after_it_is_a_new_subscription() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    let first = msp.line();
    let again = msp.done(ORDER, &order(json!({"seats": 4}))).await;
    assert_eq!((&again["subscription"], &again["organization"]), (&json!("20-2"), &json!(ORGANIZATION)));
    assert_eq!(msp.bss.organizations().len(), 1);
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false, "seats_available": 4}));
    msp.settled().await;
    let lines = msp.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], first, "what has ended stays so");
    assert_eq!((&lines[1]["quantity"], &lines[1]["billCustomer"]), (&json!(4), &json!("Billable")));
    assert_eq!((&lines[1]["effectiveDate"], lines[1].get("cancelledDate")), (&json!("2031-06-01T00:00:00Z"), None));
    assert_eq!(msp.rows().await.len(), 2);
}

#[tokio::test]
async fn before_anything_was_billed_there_is_nothing_to_end() {
    let msp = Msp::set_up().await;
    msp.done(CREATE_PLAN, &plan(json!({}))).await;
    msp.refused(ErrorCode::SubscriptionUnknown, UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.refused(ErrorCode::BadRequest, UNSUBSCRIBE, &json!({})).await;
}

#[tokio::test]
async fn a_late_word_of_it_ends_it_as_of_then() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    msp.invoices(BLUE_BACKUP).await;
    msp.in_maintenance("*");
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    assert_eq!(msp.row().await["state"], "pending");
    msp.faults(json!([]));
    let later = msp.at("2031-07-05T12:00:00Z").await;
    assert_eq!(later.done(RETRY, &json!({})).await[0]["state"], "applied");
    assert_eq!(msp.line()["cancelledDate"], "2031-06-30T00:00:00Z");
}

#[tokio::test]
async fn what_ends_before_it_was_billed_is_not_billed() {
    let Some(msp) = Msp::billing().await else { return };
    msp.done(ORDER, &order(json!({}))).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    assert!(msp.lines().iter().all(|line| line["quantity"] == 0 && line["billCustomer"] == "DoNotBill"));
    assert!(msp.rows().await.iter().all(|row| row["state"] != "failed" && row["state"] != "pending"));
}
