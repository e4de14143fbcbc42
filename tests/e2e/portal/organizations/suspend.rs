//! `POST portal/organizations/suspend`

use serde_json::json;
use service_manager::domain::error_code::ErrorCode;

use crate::client::ORGANIZATION;
use crate::portal::msp::{ACME, ACTIVATE, BLUE_LIGHT, Msp, SUSPEND, UNSUBSCRIBE, company};

#[tokio::test]
async fn turns_log_ins_off_and_leaves_the_addition() {
    let Some(msp) = Msp::with_tenant().await else { return };
    let line = msp.line();
    let suspended = msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    assert_eq!((&suspended["state"], &suspended["seats"]), (&json!("suspended"), &json!(3)));
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": true, "customer_deactivated": false}));
    msp.settled().await;
    assert_eq!(msp.line(), line);
    assert_eq!(msp.row().await["state"], "applied");
    assert_eq!(msp.done(SUSPEND, &company(BLUE_LIGHT)).await["state"], "suspended");
    assert_eq!(msp.done(ACTIVATE, &company(BLUE_LIGHT)).await["state"], "live");
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"flg_suspended": false}));
    msp.settled().await;
    assert_eq!(msp.line(), line);
}

#[tokio::test]
async fn what_is_not_there_or_ended_is_not_suspended() {
    let Some(msp) = Msp::with_tenant().await else { return };
    msp.refused(ErrorCode::SubscriptionUnknown, SUSPEND, &company(ACME)).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.refused(ErrorCode::StateConflict, SUSPEND, &company(BLUE_LIGHT)).await;
}
