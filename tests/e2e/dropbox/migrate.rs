//! `teams-migrate`: a team moves to another reseller of the distributor, with its subscription and its term.

use jiff::{SignedDuration, Timestamp};
use sandbox::background;
use sandbox::dropbox::{PARTNERS, PortalChange};
use sandbox::stack::APPLICATION_ID;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::provisioning::migrations::{Event, Outcome, Report};

use super::demo::{
    CANCEL, STANDARD, SUSPEND, SYNCHRONIZE, TEAM, UPDATE, account, known, not_found, other_account, reseller,
};
use super::renewals::ONE_NOTICE;
use crate::client::{Bss, merged};

pub const FROM: &str = "R-2001";
pub const TO: &str = "R-2002";

const GET: &str = "/resellers/team/get";
pub const MIGRATE: &str = "/resellers/team/migrate";

pub fn event(more: Value) -> Event {
    let account = format!("{APPLICATION_ID}/1001");
    let event = json!({"account": account, "from": FROM, "to": TO, "dryRun": false});
    serde_json::from_value(merged(event, more)).unwrap()
}

pub async fn run(bss: &Bss, more: Value) -> Report {
    background::migrate_team(&bss.stack.app, &event(more)).await.unwrap()
}

/// Returns the code of a run that fails.
pub async fn failed(bss: &Bss, more: Value) -> ErrorCode {
    background::migrate_team(&bss.stack.app, &event(more)).await.unwrap_err().code()
}

/// Moves the account to another reseller in the BSS.
pub async fn assigned_to(bss: &Bss, reseller: &str) {
    let moved = account(json!({"ExternalID": "dropbox-1001", "SyncOptions": {"resellerid": reseller}}));
    bss.done(SYNCHRONIZE, &moved).await;
}

/// Returns a team whose account the BSS has under the new reseller.
pub async fn to_be_moved(plan: &str) -> Bss {
    let bss = Bss::with_team(plan, 3, json!({})).await;
    assigned_to(&bss, TO).await;
    bss
}

/// Returns the account's item.
pub async fn item(bss: &Bss) -> Value {
    bss.records().await.into_iter().find(|item| item["sk"]["S"] == "account" && item["id"]["S"] == "1001").unwrap()
}

/// Asserts that the team is the reseller `to`'s, at Dropbox and on record, and that no call is left unfinished.
pub async fn assert_moved(bss: &Bss, [from, to]: [&str; 2]) {
    assert_eq!(bss.team()["reseller_ids"], json!(["D-1000", to]));
    let account = item(bss).await;
    let tenant = &account["tenant"]["M"];
    assert_eq!((&tenant["reseller_id"]["S"], &tenant["moved"]["M"]["from"]["S"]), (&json!(to), &json!(from)));
    assert_eq!((&account["job"], &account["pending_step"]), (&Value::Null, &Value::Null));
}

/// Asserts that the run refuses the move for a reason that contains `text`, and changes nothing.
async fn assert_refused(bss: &Bss, more: Value, text: &str) {
    let before = (bss.at_dropbox(), bss.table().await);
    let report = run(bss, more).await;
    assert_eq!(report.outcome, Outcome::Refused, "{report:?}");
    assert!(report.reason.as_ref().unwrap().contains(text), "{report:?}");
    assert_eq!((bss.at_dropbox(), bss.table().await), before);
}

/// Returns the fault that Dropbox denies the team once, after `after` reads.
fn denied(after: u32) -> Value {
    json!([merged(not_found(), json!({"after": after, "times": 1}))])
}

/// Returns the fault that no answer of Dropbox can be read after the first `after`. With `act`, Dropbox does what it is asked.
pub fn unreadable(after: u32, act: bool) -> Value {
    json!([{"path": "*", "after": after, "status": 200, "body": "no JSON", "act": act}])
}

pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn a_team_moves_with_its_subscription_and_nothing_is_ordered_again() {
    let bss = to_be_moved(STANDARD).await;
    let (team, end, table) = (bss.team(), bss.term_end(), bss.table().await);
    let subscription = bss.subscription_record("S1").await;
    let expected = json!({
        "outcome": "possible", "dryRun": true, "team": TEAM, "subscription": "S1", "from": FROM, "to": TO,
        "movedAtDropbox": false, "billedFrom": day(end),
    });
    assert_eq!(json!(run(&bss, json!({"dryRun": true})).await), expected);
    assert_eq!((bss.team(), bss.table().await), (team.clone(), table), "a dry run changes nothing");
    assert_eq!(bss.dropbox_writes(), ["create"]);

    let moved = json!(run(&bss, json!({})).await);
    assert_eq!(moved, merged(expected, json!({"outcome": "moved", "dryRun": false})));
    assert_moved(&bss, [FROM, TO]).await;
    let billed_from = item(&bss).await["tenant"]["M"]["moved"]["M"]["billed_from"]["S"].clone();
    assert_eq!(billed_from, day(end), "the year that was paid stays the former reseller's");
    assert_eq!(bss.dropbox_writes(), ["create", "migrate"]);
    let kept = |team: &Value| ["active", "auto_renew", "end_datetime", "current_state"].map(|name| team[name].clone());
    assert_eq!(kept(&bss.team()), kept(&team));
    assert_eq!(bss.subscription_record("S1").await, subscription);

    let (calls, table) = (bss.dropbox_calls().len(), bss.table().await);
    let again = run(&bss, json!({})).await;
    let ids = (again.from.as_deref(), again.to.as_deref(), again.billed_from.map(|day| day.to_string()));
    assert_eq!((again.outcome, ids), (Outcome::Moved, (Some(FROM), Some(TO), Some(day(end)))));
    assert_eq!((bss.dropbox_calls().len(), bss.table().await), (calls, table), "a second run changes nothing");
    assert_refused(&bss, json!({"from": "R-2009"}), "belongs to the reseller R-2002").await;
    assert_refused(&bss, json!({"from": TO}), "the same reseller").await;

    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
    assert_moved(&bss, [FROM, TO]).await;
    bss.go_to(end, 60);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    assert_eq!(bss.dropbox_writes(), ["create", "migrate", "skus/modify"]);
}

#[tokio::test]
async fn a_team_that_was_moved_in_the_portal_is_recorded_and_reached_again() {
    let bss = to_be_moved(STANDARD).await;
    bss.stack.dropbox.change_in_portal(TEAM, PortalChange::Move(TO)).unwrap();
    let more = known(STANDARD, 4, json!({}));
    bss.refused(ErrorCode::MissingAtVendor, UPDATE, &more).await;
    let dry = run(&bss, json!({"dryRun": true})).await;
    assert_eq!((dry.outcome, dry.moved_at_dropbox), (Outcome::Possible, Some(true)));
    assert_eq!(run(&bss, json!({})).await.outcome, Outcome::Moved);
    assert_moved(&bss, [FROM, TO]).await;
    bss.done(UPDATE, &more).await;
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
    bss.done(CANCEL, &more).await;
    assert_eq!(bss.team()["active"], false);
}

#[tokio::test]
async fn a_team_follows_an_account_that_has_a_reseller_in_the_bss() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(SYNCHRONIZE, &reseller(json!({}))).await;
    let under = json!({"ExternalID": "dropbox-1001", "ResellerID": "2001", "SyncOptions": {"resellerid": ""}});
    bss.done(SYNCHRONIZE, &account(under)).await;
    assert_eq!(run(&bss, json!({})).await.outcome, Outcome::Moved);
    assert_moved(&bss, [FROM, TO]).await;
}

#[tokio::test]
async fn a_trial_is_not_billed_to_the_former_reseller() {
    let bss = Bss::with_team(STANDARD, 3, json!({"IsTrial": true})).await;
    assigned_to(&bss, TO).await;
    let today = bss.stack.clock.now();
    let report = run(&bss, json!({})).await;
    assert_eq!(report.outcome, Outcome::Moved, "{report:?}");
    assert_eq!(report.billed_from.map(|day| day.to_string()), Some(day(today)));
}

#[tokio::test]
async fn a_move_that_does_not_fit_is_refused_and_changes_nothing() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    assert_refused(&bss, json!({}), "under the reseller R-2001").await;
    assigned_to(&bss, TO).await;
    bss.done(SYNCHRONIZE, &other_account(json!({}))).await;
    for (more, text) in [
        (json!({"account": "1001"}), "APPLICATION_ID/ACCOUNT_ID"),
        (json!({"account": format!("{APPLICATION_ID}/1009")}), "not recorded"),
        (json!({"account": format!("{APPLICATION_ID}/1002")}), "no team"),
        (json!({"from": "R-2009"}), "belongs to the reseller R-2001"),
        (json!({"to": "R-2009"}), "under the reseller R-2002"),
    ] {
        assert_refused(&bss, more, text).await;
    }
    bss.stack.dropbox.change_in_portal(TEAM, PortalChange::Move("R-9001")).unwrap();
    assert_refused(&bss, json!({}), "to neither reseller").await;
    bss.stack.dropbox.change_in_portal(TEAM, PortalChange::Move(FROM)).unwrap();
    bss.stack.dropbox.change_in_portal(TEAM, PortalChange::Cancel).unwrap();
    assert_refused(&bss, json!({}), "not active at Dropbox").await;
    bss.stack.dropbox.change_in_portal(TEAM, PortalChange::Reinstate).unwrap();
    assigned_to(&bss, "R-4711").await;
    assert_refused(&bss, json!({"to": "R-4711"}), "does not know the reseller").await;
    assigned_to(&bss, TO).await;
    for end in [SUSPEND, CANCEL] {
        bss.done(end, &known(STANDARD, 3, json!({}))).await;
        assert_refused(&bss, json!({}), "no live subscription").await;
    }
}

#[tokio::test]
async fn dropsuite_has_no_such_move() {
    let bss = Bss::start().await;
    let report = run(&bss, json!({})).await;
    assert_eq!(report.outcome, Outcome::Refused);
    assert!(report.reason.unwrap().contains("customers-move"));
}

#[tokio::test]
async fn an_order_that_is_not_finished_goes_first() {
    let bss = to_be_moved(STANDARD).await;
    let more = known(STANDARD, 4, json!({}));
    bss.dropbox_faults(json!([
        {"path": "/resellers/team/skus/modify", "times": 1, "drop": "before"},
        {"path": GET, "after": 1, "status": 200, "body": "no JSON"},
    ]));
    bss.refused(ErrorCode::OutcomeUnknown, UPDATE, &more).await;
    bss.dropbox_faults(json!([]));
    assert_refused(&bss, json!({}), "subscriptions/update").await;
    bss.done(UPDATE, &more).await;
    assert_eq!(run(&bss, json!({})).await.outcome, Outcome::Moved);
}

#[tokio::test]
async fn no_single_answer_is_believed() {
    let bss = to_be_moved(STANDARD).await;
    let table = bss.table().await;
    let elsewhere = merged(bss.team(), json!({"reseller_ids": ["D-1000", TO]}));
    for fault in [
        denied(0),
        json!([{"path": GET, "after": 1, "times": 1, "status": 200, "body": elsewhere}]),
        json!([{"path": GET, "times": 1, "patch": [{"op": "replace", "path": "/active", "value": false}]}]),
        json!([{"path": GET, "times": 1, "patch": [{"op": "replace", "path": "/reseller_ids/1", "value": TO}]}]),
    ] {
        bss.dropbox_faults(fault.clone());
        assert_eq!(failed(&bss, json!({})).await, ErrorCode::VendorUnavailable, "{fault}");
        bss.dropbox_faults(json!([]));
        assert_eq!((bss.table().await, bss.dropbox_writes()), (table.clone(), vec!["create".to_owned()]), "{fault}");
    }
    // The new reseller has the team, and is denied it once.
    bss.dropbox_faults(denied(9));
    assert_eq!(failed(&bss, json!({})).await, ErrorCode::VendorUnavailable);
    bss.dropbox_faults(json!([]));
    assert_eq!(run(&bss, json!({})).await.outcome, Outcome::Moved);
    assert_eq!(bss.dropbox_writes(), ["create", "migrate"]);
    assert_moved(&bss, [FROM, TO]).await;
}

#[tokio::test]
async fn the_answer_to_the_move_is_not_believed() {
    let already = json!({"error_summary": "team_already_migrated/.."});
    for (fault, outcome) in [
        (json!({"drop": "after"}), Some(Outcome::Moved)),
        (json!({"status": 409, "body": already, "act": true}), Some(Outcome::Moved)),
        (json!({"status": 409, "body": already}), Some(Outcome::Refused)),
        (json!({"status": 403, "body": {}}), Some(Outcome::Refused)),
        (json!({"drop": "before"}), None),
        (json!({"status": 200, "body": {}}), None),
    ] {
        let bss = to_be_moved(STANDARD).await;
        bss.dropbox_faults(json!([merged(fault.clone(), json!({"path": MIGRATE, "times": 1}))]));
        let answered = background::migrate_team(&bss.stack.app, &event(json!({}))).await;
        assert_eq!(answered.ok().map(|report| report.outcome), outcome, "{fault}");
        let sent = bss.dropbox_writes().len();
        assert_eq!(sent, 2, "one run sends one move: {fault}");
        assert_eq!(run(&bss, json!({})).await.outcome, Outcome::Moved, "{fault}");
        assert_moved(&bss, [FROM, TO]).await;
    }
}

/// A move reads the team four times before the lease and four times under it, is sent, and reads it four times again.
#[tokio::test]
async fn a_run_that_dropbox_cuts_off_anywhere_is_completed_by_the_next() {
    const CALLS: u32 = 13;
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let (end, subscription) = (bss.term_end(), bss.subscription_record("S1").await);
    let mut resellers = [FROM, TO];
    for (after, act) in (0..=CALLS).flat_map(|after| [(after, false), (after, true)]) {
        let ids = json!({"from": resellers[0], "to": resellers[1]});
        assigned_to(&bss, resellers[1]).await;
        bss.dropbox_faults(unreadable(after, act));
        let cut = background::migrate_team(&bss.stack.app, &event(ids.clone())).await;
        assert_eq!(cut.is_ok(), after == CALLS, "{after} {act}: {cut:?}");
        bss.dropbox_faults(json!([]));
        let report = run(&bss, ids).await;
        assert_eq!(report.billed_from.map(|day| day.to_string()), Some(day(end)), "{after} {act}");
        assert_eq!(report.outcome, Outcome::Moved, "{after} {act}");
        assert_moved(&bss, resellers).await;
        resellers.reverse();
    }
    assert_eq!(bss.term_end(), end);
    assert_eq!(bss.subscription_record("S1").await, subscription);
    assert!(bss.dropbox_writes().iter().skip(1).all(|write| write == "migrate"));
}

#[tokio::test]
async fn a_run_that_the_table_cuts_off_anywhere_is_completed_by_the_next() {
    const MOST: u32 = 40;
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let mut resellers = [FROM, TO];
    for after in 0..MOST {
        let ids = json!({"from": resellers[0], "to": resellers[1]});
        assigned_to(&bss, resellers[1]).await;
        let body = json!({"__type": "com.amazon.coral.validate#ValidationException", "message": "as asked"});
        let fails = json!([{"path": "*", "after": after, "status": 400, "body": body}]);
        bss.stack.dynamodb.faults().set(serde_json::from_value(fails).unwrap());
        let cut = background::migrate_team(&bss.stack.app, &event(ids.clone())).await;
        bss.stack.dynamodb.faults().clear();
        // The lease of a run that could not release it ends.
        bss.stack.clock.advance(SignedDuration::from_mins(1));
        assert_eq!(run(&bss, ids).await.outcome, Outcome::Moved, "{after}");
        assert_moved(&bss, resellers).await;
        resellers.reverse();
        if cut.is_ok() {
            assert!(after > 4, "a run has more calls of the table");
            return;
        }
    }
    unreachable!("a run has fewer calls of the table than {MOST}");
}

#[tokio::test]
async fn no_report_repeats_a_secret() {
    let bss = to_be_moved(STANDARD).await;
    let [partner, _] = PARTNERS;
    let text = json!(run(&bss, json!({"from": partner.password, "to": partner.user})).await).to_string();
    assert!(!text.contains(partner.password) && !text.contains(partner.user), "{text}");
    let quoted = format!("Error in call: {} {}", partner.user, partner.password);
    for status in [400, 401, 403] {
        bss.dropbox_faults(json!([{"path": "*", "status": status, "body": quoted}]));
        let report = run(&bss, json!({})).await;
        let text = json!(report).to_string();
        assert_eq!(report.outcome, Outcome::Refused, "{text}");
        assert!(!text.contains(partner.password) && !text.contains(partner.user), "{text}");
    }
}

#[tokio::test]
async fn an_operator_invokes_the_function() {
    let bss = to_be_moved(STANDARD).await;
    let url = format!("{}/2015-03-31/functions/teams-migrate/invocations", bss.stack.aws_url);
    let ids = json!({"account": format!("{APPLICATION_ID}/1001"), "from": FROM, "to": TO});
    for (more, fails) in [(json!({}), false), (json!({"from": 1}), true), (json!({"dry": false}), true)] {
        let body = merged(ids.clone(), more).to_string();
        let response = sandbox::http_client().unwrap().post(&url).body(body).send().await.unwrap();
        assert_eq!(response.headers().contains_key("x-amz-function-error"), fails);
        let answer: Value = response.json().await.unwrap();
        assert_eq!(answer["outcome"] == "possible", !fails, "{answer}");
    }
    assert_eq!(bss.dropbox_writes(), ["create"], "a run is dry unless told otherwise");
}
