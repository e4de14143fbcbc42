//! `customers-move`: a customer goes to another reseller, which bills it in its own ConnectWise from the day after.

use sandbox::background;
use sandbox::dropsuite::{Backups, PARTNERS, Partner};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::msp::MspId;
use service_manager::workers::customers::{Outcome, Report};

use crate::client::{ORGANIZATION, account, reseller};
use crate::portal::msp::bodies::{link, plan, sells};
use crate::portal::msp::{CREATE_PLAN, LINK, Msp, UNLINK};

/// The installation's account 1001.
const ACCOUNT: &str = "b1a7c0de-0000-4000-8000-000000000001/1001";

fn id(msp: &Msp, token: &str) -> MspId {
    MspId::from_reseller_token(&msp.bss.stack.dropsuite_url.parse().unwrap(), &token.into())
}

async fn run(msp: &Msp, account: &str, to: MspId, dry_run: bool) -> Report {
    let event = json!({"account": account, "to": to, "dryRun": dry_run});
    background::move_customer(&msp.bss.stack.app, &serde_json::from_value(event).unwrap()).await.unwrap()
}

/// Returns the tokens of a sub-reseller.
fn partner_of(seller: &Value) -> Partner {
    let text = |name: &str| -> &'static str { seller[name].as_str().unwrap().to_owned().leak() };
    Partner { reseller_token: text("reseller_token"), admin_token: text("authentication_token"), ..PARTNERS[0] }
}

/// Asserts that the run refuses the move for a reason that contains `text`, and changes nothing.
async fn assert_refused(msp: &Msp, account: &str, to: MspId, text: &str) {
    settled(msp).await;
    let before = msp.bss.table().await;
    let report = run(msp, account, to, false).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report:?}");
    assert!(report.reason.as_ref().unwrap().contains(text), "{report:?}");
    assert_eq!(msp.bss.table().await, before);
}

/// Waits until nothing writes the table any more.
async fn settled(msp: &Msp) {
    msp.wait_for_additions().await;
    msp.wait_for_tickets().await;
}

/// Asserts that a run changes nothing if the vendor denies the organization in one of two readings.
async fn assert_differing_readings_change_nothing(msp: &Msp, to: MspId) {
    let before = msp.bss.table().await;
    let denial = json!({"error": "Not Found"});
    msp.bss.vendor_faults(json!([{"method": "GET", "path": "/users/*", "times": 1, "status": 404, "body": denial}]));
    let event = json!({"account": ACCOUNT, "to": to, "dryRun": false});
    let run = background::move_customer(&msp.bss.stack.app, &serde_json::from_value(event).unwrap()).await;
    assert_eq!(run.unwrap_err().code(), ErrorCode::VendorUnavailable);
    msp.bss.stack.dropsuite.faults().clear();
    assert_eq!(msp.bss.table().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_billed_by_the_new_reseller_from_the_day_after() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    settled(&msp).await;
    msp.bss.stack.dropsuite.add_mailboxes(ORGANIZATION, 1).unwrap();
    let backups = Backups { status: "Authentication Error".to_owned(), ..Backups::default() };
    msp.bss.stack.dropsuite.set_backups(ORGANIZATION, &backups).unwrap();
    msp.run_checks().await;
    assert_eq!(msp.tickets().len(), 1);
    let msp = msp.at("2031-07-10T16:00:00Z").await;

    // The BSS has the customer under another reseller, and Dropsuite has moved its organization.
    msp.bss.done("accounts/synchronize", &reseller(json!({}))).await;
    let seller = msp.bss.stack.dropsuite.state_json()["resellers"][0].clone();
    let moved = account(json!({
        "ExternalID": ORGANIZATION, "ResellerID": "2001", "ResellerExternalID": seller["id"],
    }));
    msp.bss.done("accounts/synchronize", &moved).await;
    let to = id(&msp, seller["reseller_token"].as_str().unwrap());
    assert_refused(&msp, ACCOUNT, to, "Nothing was signed in").await;
    msp.bss.at_vendor(ORGANIZATION, json!({"reseller_id": seller["id"]})).await;
    let next = msp.of_partner(partner_of(&seller)).with_new_session().await;
    next.set_up_connectwise().await;
    next.done(CREATE_PLAN, &plan(json!({}))).await;
    next.refused(ErrorCode::ExternalIdTaken, LINK, &link(json!({}))).await;
    settled(&msp).await;
    assert_differing_readings_change_nothing(&msp, to).await;

    let before = msp.bss.table().await;
    let dry = run(&msp, ACCOUNT, to, true).await;
    let (from, ends) = (Some(msp_id(&msp)), (dry.additions.len(), dry.open_tickets));
    assert_eq!((dry.outcome, dry.from, ends), (Outcome::Possible, from, (1, 1)), "{dry:?}");
    assert_eq!(msp.bss.table().await, before, "a dry run changes nothing");
    let ending = run(&msp, ACCOUNT, to, false).await;
    assert_eq!(ending.outcome, Outcome::Ending, "{ending:?}");
    settled(&msp).await;
    assert_eq!(msp.addition()["cancelledDate"], "2031-07-31T00:00:00Z");
    assert_eq!(msp.tickets()[0]["status"]["id"], 14);
    let message = msp.refused(ErrorCode::ExternalIdTaken, LINK, &link(json!({}))).await;
    assert!(message.contains("gone to another reseller"), "{message}");
    assert_refused(&msp, ACCOUNT, msp_id(&msp), "is leaving this MSP").await;
    let done = run(&msp, ACCOUNT, to, false).await;
    assert_eq!((done.outcome, done.open_tickets), (Outcome::Moved, 0), "{done:?}");
    assert_eq!(done.additions[0].last_billed_day, "2031-07-31".parse().ok());
    assert_eq!(msp.list("links").await, json!([]));
    let again = run(&msp, ACCOUNT, to, false).await;
    assert_eq!((again.outcome, again.from), (Outcome::Moved, done.from), "{again:?}");
    assert_eq!(again.additions[0].last_billed_day, done.additions[0].last_billed_day, "an answer that was lost");

    next.done(LINK, &link(json!({}))).await;
    next.wait_for_additions().await;
    let additions = next.additions();
    assert_eq!(additions.len(), 2, "{additions:?}");
    let days = (&additions[0]["cancelledDate"], &additions[1]["effectiveDate"], additions[1].get("cancelledDate"));
    let open = additions[1].get("cancelledDate").is_none_or(Value::is_null);
    assert!(open, "{days:?}");
    assert_eq!((days.0, days.1), (&json!("2031-07-31T00:00:00Z"), &json!("2031-08-01T00:00:00Z")));
    assert_eq!(run(&msp, ACCOUNT, to, false).await.outcome, Outcome::Moved);
    next.wait_for_additions().await;
    assert_eq!(next.additions(), additions);
}

fn msp_id(msp: &Msp) -> MspId {
    id(msp, PARTNERS[0].reseller_token)
}

#[tokio::test]
async fn a_customer_that_dropsuite_has_not_moved_stays() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.other().await;
    assert_refused(&msp, ACCOUNT, id(&msp, PARTNERS[1].reseller_token), "Have Dropsuite move it first").await;
    assert_refused(&msp, "1001", msp_id(&msp), "APPLICATION_ID/ACCOUNT_ID").await;
    assert_refused(&msp, &format!("{ACCOUNT}1"), msp_id(&msp), "not recorded").await;
}

#[tokio::test]
async fn a_link_that_was_deleted_with_an_open_addition_is_reported() {
    let msp = Msp::billing().await;
    sells(&msp.bss).await;
    msp.done(LINK, &link(json!({}))).await;
    msp.wait_for_additions().await;
    let (application, account) = ACCOUNT.split_once('/').unwrap();
    msp.done(UNLINK, &json!({"application": application, "account": account})).await;
    assert_refused(&msp, ACCOUNT, id(&msp, PARTNERS[1].reseller_token), "while an addition of it was open").await;
}

#[tokio::test]
async fn a_customer_of_the_portal_is_sold_anew() {
    let msp = Msp::with_tenant().await;
    msp.other().await;
    let sold = format!("{}/20", msp_id(&msp));
    assert_refused(&msp, &sold, id(&msp, PARTNERS[1].reseller_token), "sells it anew").await;
}
