//! `POST portal/organizations/suspend`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::ORGANIZATION;
use crate::portal::msp::bodies::{ACME, BLUE_LIGHT, company};
use crate::portal::msp::{ACTIVATE, Msp, SUSPEND, UNSUBSCRIBE};

#[tokio::test]
async fn disables_logins_and_keeps_the_addition() {
    let msp = Msp::with_tenant().await;
    let addition = msp.addition();
    let suspended = msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    assert_eq!((&suspended["state"], &suspended["seats"]), (&json!("suspended"), &json!(3)));
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": true, "customer_deactivated": false}));
    msp.wait_for_additions().await;
    assert_eq!(msp.addition(), addition);
    assert_eq!(msp.row().await["state"], "synced");
    assert_eq!(msp.done(SUSPEND, &company(BLUE_LIGHT)).await["state"], "suspended");
    assert_eq!(msp.done(ACTIVATE, &company(BLUE_LIGHT)).await["state"], "live");
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": false}));
    msp.wait_for_additions().await;
    assert_eq!(msp.addition(), addition);
}

#[tokio::test]
async fn unknown_and_ended_organizations_cannot_be_suspended() {
    let msp = Msp::with_tenant().await;
    msp.refused(ErrorCode::SubscriptionUnknown, SUSPEND, &company(ACME)).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.refused(ErrorCode::StateConflict, SUSPEND, &company(BLUE_LIGHT)).await;
}
