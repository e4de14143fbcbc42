//! `POST portal/organizations/activate`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::ORGANIZATION;
use crate::portal::msp::{ACME, ACTIVATE, BLUE_BACKUP, BLUE_LIGHT, Msp, UNSUBSCRIBE, company};

#[tokio::test]
async fn takes_an_unsubscription_back_with_a_new_addition() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    msp.invoices(BLUE_BACKUP).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    let msp = msp.at("2031-06-20T12:00:00Z").await;
    let again = msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
    assert_eq!((&again["state"], &again["subscription"], &again["seats"]), (&json!("live"), &json!("20-1"), &json!(3)));
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false, "seats_available": 3}));
    msp.settled().await;
    let lines = msp.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["cancelledDate"], "2031-06-30T00:00:00Z");
    let line = &lines[1];
    assert_eq!((&line["quantity"], &line["effectiveDate"]), (&json!(3), &json!("2031-07-01T00:00:00Z")));
    assert_eq!(line.get("cancelledDate"), None);
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["addition"]), (&json!("applied"), &line["id"]));
}

#[tokio::test]
async fn what_is_live_stays_as_it_is() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let before = (msp.bss.organizations(), msp.line());
    assert_eq!(msp.done(ACTIVATE, &company(BLUE_LIGHT)).await["state"], "live");
    msp.settled().await;
    assert_eq!((msp.bss.organizations(), msp.line()), before);
    msp.refused(ErrorCode::SubscriptionUnknown, ACTIVATE, &company(ACME)).await;
}

#[tokio::test]
async fn what_the_vendor_has_purged_can_not_come_back() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    let msp = msp.at("2031-07-15T12:00:00Z").await;
    let (status, answer) = msp.post(ACTIVATE, &company(BLUE_LIGHT)).await;
    assert_ne!(status, 200, "{answer}");
    msp.settled().await;
    assert_eq!(msp.lines().len(), 1, "nobody is billed for what is gone");
}

#[tokio::test]
async fn what_was_never_billed_is_billed_by_a_new_addition() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
    msp.settled().await;
    let lines = msp.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!((&lines[0]["quantity"], &lines[0]["billCustomer"]), (&json!(0), &json!("DoNotBill")));
    assert_eq!((&lines[1]["quantity"], &lines[1]["billCustomer"]), (&json!(3), &json!("Billable")));
    assert_eq!(lines[1]["effectiveDate"], "2031-06-01T00:00:00Z");
}
