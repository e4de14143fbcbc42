//! `POST portal/organizations/invite`

use jiff::SignedDuration;
use sandbox::dropsuite::PARTNERS;
use serde_json::json;
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::portal::organizations::MAILS_PER_WINDOW;

use crate::client::ORGANIZATION;
use crate::portal::msp::bodies::{BLUE_LIGHT, company};
use crate::portal::msp::{ACTIVATE, Msp, SUSPEND, UNSUBSCRIBE};

const INVITE: &str = "organizations/invite";

/// Returns the number of mails that the vendor was asked for.
fn mails(msp: &Msp) -> usize {
    msp.bss.writes().iter().filter(|write| *write == "POST users/440032-6/reset_password").count()
}

#[tokio::test]
async fn the_vendor_mails_the_owner_once_per_request() {
    let msp = Msp::with_tenant().await;
    let body = json!({"organization": ORGANIZATION});
    let answer = msp.done(INVITE, &body).await;
    assert_eq!(answer, json!({"organization": ORGANIZATION, "email": "gordon@bluelight.example"}));
    assert_eq!(mails(&msp), 1);
    msp.done(INVITE, &body).await;
    assert_eq!(mails(&msp), 2);
}

#[tokio::test]
async fn an_owner_gets_three_mails_an_hour() {
    let msp = Msp::with_tenant().await;
    let body = json!({"organization": ORGANIZATION});
    for _ in 0..MAILS_PER_WINDOW {
        msp.done(INVITE, &body).await;
    }
    let message = msp.refused(ErrorCode::TooManyTries, INVITE, &body).await;
    assert!(message.contains("junk mail"), "{message}");
    assert_eq!(mails(&msp), 3);
    msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
    msp.with_new_session().await.done(INVITE, &body).await;
    assert_eq!(mails(&msp), 4);
}

#[tokio::test]
async fn an_owner_who_cannot_sign_in_gets_no_mail() {
    let msp = Msp::with_tenant().await;
    let body = json!({"organization": ORGANIZATION});
    msp.done(SUSPEND, &company(BLUE_LIGHT)).await;
    msp.refused(ErrorCode::StateConflict, INVITE, &body).await;
    msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
    msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
    msp.refused(ErrorCode::StateConflict, INVITE, &body).await;
    assert_eq!(mails(&msp), 0);
}

#[tokio::test]
async fn only_its_own_partner_invites() {
    let msp = Msp::with_tenant().await;
    let other = msp.other().await;
    let body = json!({"organization": ORGANIZATION});
    other.refused(ErrorCode::MissingAtVendor, INVITE, &body).await;
    let foreign = json!({"id": ORGANIZATION, "reseller_token": PARTNERS[0].reseller_token});
    msp.bss.vendor_faults(json!([{"path": format!("/users/{ORGANIZATION}"), "status": 200, "body": foreign}]));
    other.refused(ErrorCode::MissingAtVendor, INVITE, &body).await;
    assert_eq!(mails(&msp), 0);
    msp.invalid_fields(&["organization"], INVITE, &json!({})).await;
}

#[tokio::test]
async fn a_mail_without_an_answer_is_not_repeated() {
    let msp = Msp::with_tenant().await;
    let body = json!({"organization": ORGANIZATION});
    for fault in
        [json!({"drop": "after"}), json!({"status": 503, "act": true}), json!({"status": 200, "body": "not JSON {"})]
    {
        let before = mails(&msp);
        let mut rule = fault.clone();
        rule["path"] = json!("/users/*/reset_password");
        msp.bss.vendor_faults(json!([rule]));
        let message = msp.refused(ErrorCode::OutcomeUnknown, INVITE, &body).await;
        assert!(message.contains("may or may not have been sent"), "{message}");
        assert_eq!(mails(&msp) - before, 1, "{fault}");
    }
    msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
    let msp = msp.with_new_session().await;
    for (status, code) in
        [(404, ErrorCode::VendorRefused), (422, ErrorCode::VendorRefused), (401, ErrorCode::CredentialsRefused)]
    {
        msp.bss.vendor_faults(json!([{"path": "/users/*/reset_password", "status": status, "body": {"error": "no"}}]));
        msp.refused(code, INVITE, &body).await;
    }
    msp.bss.vendor_faults(json!([]));
    for _ in 0..MAILS_PER_WINDOW {
        msp.done(INVITE, &body).await;
    }
}
