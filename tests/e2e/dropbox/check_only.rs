//! `CheckOnly` step by step through whole lifecycles. `Bss::assert_rejected` covers the checks of rejected orders.

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    ACTIVATE, ADVANCED, CANCEL, CREATE, HISTORY, PACK, STANDARD, SUSPEND, UPDATE, acting, days, known, order, with,
};
use crate::client::{Bss, merged};

fn checked(body: &Value) -> Value {
    merged(body.clone(), json!({"CheckOnly": true}))
}

/// Asserts that the check succeeds, without effect at the vendor or in the table, and that the call then succeeds as
/// well.
async fn check_then_call(bss: &Bss, path: &str, body: &Value) {
    let (vendor, table) = (bss.at_dropbox(), bss.table().await);
    let check = bss.answer(path, &checked(body)).await;
    assert_eq!(check["Code"], 0, "{path}: {check}");
    assert_eq!((bss.at_dropbox(), bss.table().await), (vendor, table), "{path} with CheckOnly");
    let answer = bss.answer(path, body).await;
    // The id and the end of a trial are not known before the team exists.
    let (id, message) = (&answer["Result"], &answer["Message"]);
    let known = json!({"Result": id, "Message": message, "ErrorMessage": message});
    assert_eq!(answer, if check["Result"] == *id { check } else { merged(check, known) }, "{path}");
}

#[tokio::test]
async fn a_whole_lifecycle() {
    let bss = Bss::with_dropbox_account().await;
    for (path, body) in [
        (CREATE, order(STANDARD, 3, json!({}))),
        (CREATE, order(STANDARD, 3, json!({}))),
        (UPDATE, known(STANDARD, 6, json!({}))),
        (UPDATE, known(STANDARD, 4, json!({}))),
        ("addons/create", known(STANDARD, 4, acting("Provision", &[HISTORY]))),
        ("addons/update", known(STANDARD, 4, acting("Upgrade", &[HISTORY]))),
        (UPDATE, known(ADVANCED, 4, with(&[HISTORY]))),
        ("addons/create", known(ADVANCED, 4, acting("Provision", &[HISTORY, PACK]))),
        ("addons/cancel", known(ADVANCED, 4, acting("Cancel", &[HISTORY, PACK]))),
        (SUSPEND, known(ADVANCED, 4, with(&[HISTORY]))),
        (SUSPEND, known(ADVANCED, 4, with(&[HISTORY]))),
        (ACTIVATE, known(ADVANCED, 4, with(&[HISTORY]))),
        (CANCEL, known(ADVANCED, 4, with(&[HISTORY]))),
        (CANCEL, known(ADVANCED, 4, with(&[HISTORY]))),
        (ACTIVATE, known(ADVANCED, 4, with(&[HISTORY]))),
        (UPDATE, known(ADVANCED, 4, merged(with(&[HISTORY]), json!({"ActionType": "Cancel"})))),
        (CREATE, order(STANDARD, 3, json!({"SubscriptionID": "S2"}))),
    ] {
        check_then_call(&bss, path, &body).await;
    }
    assert_eq!(bss.team()["active"], true);
}

#[tokio::test]
async fn the_lifecycle_of_a_trial() {
    let bss = Bss::with_dropbox_account().await;
    let trial = |more: Value| merged(json!({"IsTrial": true}), more);
    for (path, body) in [
        (CREATE, order(STANDARD, 3, trial(json!({})))),
        (UPDATE, known(STANDARD, 3, trial(json!({})))),
        (UPDATE, known(STANDARD, 9, trial(json!({"ActionType": "UpgradeToPaid"})))),
        (SUSPEND, known(STANDARD, 9, json!({}))),
    ] {
        check_then_call(&bss, path, &body).await;
    }
}

#[tokio::test]
async fn a_check_reports_a_vendor_outage() {
    let bss = Bss::with_dropbox_account().await;
    bss.dropbox_faults(json!([{"path": "*", "status": 429, "headers": {"Retry-After": 3600}}]));
    let message = bss.assert_rejected(ErrorCode::VendorUnavailable, CREATE, &order(STANDARD, 3, json!({})), &[]).await;
    assert!(message.contains("Nothing was changed"), "{message}");
    assert_eq!(bss.dropbox_writes(), [""; 0]);
}

/// The check detects an order that Dropbox would reject.
#[tokio::test]
async fn an_order_for_a_team_that_was_cancelled_long_ago() {
    let bss = Bss::with_team(STANDARD, 5, json!({})).await;
    bss.done(CANCEL, &known(STANDARD, 5, json!({}))).await;
    bss.stack.clock.advance(days(30));
    check_then_call(&bss, CREATE, &order(STANDARD, 5, json!({"SubscriptionID": "S2"}))).await;
}
