//! `POST portal/organizations/activate`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::ORGANIZATION;
use crate::portal::msp::bodies::{ACME, BLUE_BACKUP, BLUE_LIGHT, company};
use crate::portal::msp::{ACTIVATE, Msp, UNSUBSCRIBE};

#[tokio::test]
async fn reverts_an_unsubscription_with_a_new_addition() {
    let msp = Msp::with_tenant().await;
    let msp = msp.at("2031-06-10T12:00:00Z").await;
    msp.invoices(BLUE_BACKUP).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    let msp = msp.at("2031-06-20T12:00:00Z").await;
    let again = msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
    assert_eq!((&again["state"], &again["subscription"], &again["seats"]), (&json!("live"), &json!("20-1"), &json!(3)));
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false, "seats_available": 3}));
    msp.wait_for_additions().await;
    let additions = msp.additions();
    assert_eq!(additions.len(), 2, "{additions:?}");
    assert_eq!(additions[0]["cancelledDate"], "2031-06-30T00:00:00Z");
    let addition = &additions[1];
    assert_eq!((&addition["quantity"], &addition["effectiveDate"]), (&json!(3), &json!("2031-07-01T00:00:00Z")));
    assert_eq!(addition.get("cancelledDate"), None);
    let row = msp.row().await;
    assert_eq!((&row["state"], &row["addition"]), (&json!("synced"), &addition["id"]));
}

#[tokio::test]
async fn a_live_organization_is_unchanged() {
    let msp = Msp::with_tenant().await;
    let before = (msp.bss.organizations(), msp.addition());
    assert_eq!(msp.done(ACTIVATE, &company(BLUE_LIGHT)).await["state"], "live");
    msp.wait_for_additions().await;
    assert_eq!((msp.bss.organizations(), msp.addition()), before);
    msp.refused(ErrorCode::SubscriptionUnknown, ACTIVATE, &company(ACME)).await;
}

#[tokio::test]
async fn a_purged_organization_cannot_be_reactivated() {
    let msp = Msp::with_tenant().await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    let msp = msp.at("2031-07-15T12:00:00Z").await;
    let (status, answer) = msp.post(ACTIVATE, &company(BLUE_LIGHT)).await;
    assert_ne!(status, 200, "{answer}");
    msp.wait_for_additions().await;
    assert_eq!(msp.additions().len(), 1, "nothing else is billed");
}

#[tokio::test]
async fn a_never_billed_organization_gets_a_new_addition() {
    let msp = Msp::with_tenant().await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
    msp.wait_for_additions().await;
    let additions = msp.additions();
    assert_eq!(additions.len(), 2, "{additions:?}");
    assert_eq!((&additions[0]["quantity"], &additions[0]["billCustomer"]), (&json!(0), &json!("DoNotBill")));
    assert_eq!((&additions[1]["quantity"], &additions[1]["billCustomer"]), (&json!(3), &json!("Billable")));
    assert_eq!(additions[1]["effectiveDate"], "2031-06-01T00:00:00Z");
}
