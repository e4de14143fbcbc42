//! A cancellation outside the 14 days, in a stack whose parameter lets it end the renewal.

use std::time::Duration;

use jiff::Timestamp;
use sandbox::dropbox::PARTNERS;
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::provisioning::renewals::Report;
use service_manager::vendor::VendorName;
use service_manager::vendor::dropbox::CancelAfterWindow;

use super::demo::{
    ACTIVATE, CANCEL, CREATE, HISTORY, STANDARD, STANDARD_LICENCE, STANDARD_MONTHLY, SUBSCRIPTION, SUSPEND,
    SYNCHRONIZE, TEAM, UPDATE, account, acting, days, known, order, with,
};
use super::renewals::{ENDED, NOTHING, STUCK};
use crate::client::{Bss, merged, provisioned};

const GET: &str = "/resellers/team/get";

/// Returns a stack with that parameter, and a team that was ordered 20 days ago.
async fn after_the_window(plan: &str, seats: u32) -> Bss {
    let bss = in_the_window(plan, seats, json!({})).await;
    bss.stack.clock.advance(days(20));
    bss
}

async fn in_the_window(plan: &str, seats: u32, more: Value) -> Bss {
    let cancel_after_window = CancelAfterWindow::DoNotRenew;
    let options = Options { vendor: VendorName::Dropbox, cancel_after_window, ..Options::from_env() };
    let bss = Bss::start_with(options).await;
    bss.done(SYNCHRONIZE, &account(json!({}))).await;
    assert_eq!(bss.done(CREATE, &order(plan, seats, more)).await, SUBSCRIPTION);
    bss
}

/// Returns whether the team is active, and whether it is renewed.
fn team(bss: &Bss) -> (bool, bool) {
    let team = bss.team();
    (team["active"].as_bool().unwrap(), team["auto_renew"].as_bool().unwrap())
}

fn day(bss: &Bss) -> String {
    bss.team()["end_date"].as_str().unwrap().to_owned()
}

/// Asserts that `answer` says that the subscription is not renewed.
fn assert_not_renewed(answer: &Value, end: &str) {
    assert_eq!((&answer["Code"], &answer["Result"]), (&json!(0), &json!(SUBSCRIPTION)), "{answer}");
    let pairs = json!({"last_cancellation": "not_renewed", "last_cancellation_ends": end});
    assert_eq!(answer["AccountExtraInfo"], pairs);
    assert!(answer["Message"].as_str().unwrap().contains(end), "{answer}");
}

#[tokio::test]
async fn a_cancellation_within_the_days_is_as_before_and_says_so() {
    let bss = in_the_window(STANDARD, 3, json!({})).await;
    bss.stack.clock.advance(days(13));
    let today = bss.stack.clock.now().strftime("%Y-%m-%d").to_string();
    let body = known(STANDARD, 3, json!({}));
    let pairs = json!({"last_cancellation": "at_once", "last_cancellation_ends": today});
    let expected = merged(provisioned(SUBSCRIPTION), json!({"AccountExtraInfo": pairs}));
    assert_eq!(bss.answer(CANCEL, &merged(body.clone(), json!({"CheckOnly": true}))).await, expected);
    assert_eq!(bss.answer(CANCEL, &body).await, expected);
    assert!(!team(&bss).0);
    bss.stack.clock.advance(days(2));
    assert_eq!(bss.answer(CANCEL, &body).await, expected, "a repeated call has the same answer");
    assert_eq!(bss.dropbox_writes(), ["create", "cancel"]);
}

#[tokio::test]
async fn a_later_cancellation_leaves_the_team_until_the_end_of_its_term() {
    let bss = after_the_window(STANDARD, 5).await;
    let end = bss.term_end();
    let (shown, body) = (day(&bss), known(STANDARD, 5, json!({})));
    let table = bss.table().await;
    let checked = bss.answer(CANCEL, &merged(body.clone(), json!({"CheckOnly": true}))).await;
    assert_eq!((bss.table().await, team(&bss)), (table, (true, true)));
    let answer = bss.answer(CANCEL, &body).await;
    assert_not_renewed(&answer, &shown);
    assert_eq!(checked, answer);
    assert!(answer["Message"].as_str().unwrap().contains("stays active until"), "{answer}");
    assert_eq!(team(&bss), (true, false));
    for same in [body.clone(), json!({"ID": SUBSCRIPTION}), json!({"SubscriptionID": "S1"})] {
        assert_eq!(bss.answer(CANCEL, &same).await, answer);
    }
    assert_eq!(bss.dropbox_writes(), ["create", "auto_renew/modify"]);
    // The notices of the term are made as well. They say that it ends.
    for (left, noticed) in [(60, 1), (30, 1), (7, 1), (1, 0)] {
        bss.go_to(end, left);
        assert_eq!(bss.look_at_renewals().await, Report { noticed, ..NOTHING }, "{left}");
        assert_eq!(team(&bss), (true, false));
    }
    bss.go_to(end, 0);
    assert_eq!(team(&bss), (false, false));
    assert_eq!(bss.look_at_renewals().await, ENDED);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    let record = bss.subscription_record("S1").await;
    assert_eq!((&record["state"]["S"], &record["cancelled_at"]["S"]), (&json!("cancelled"), &json!(end.to_string())));
    let account = bss.records().await.into_iter().find(|item| item["sk"]["S"] == "account").unwrap();
    assert_eq!(account["live_subscription"]["NULL"], true, "{account}");
    let again = bss.answer(CANCEL, &body).await;
    assert_not_renewed(&again, &shown);
    assert!(again["Message"].as_str().unwrap().contains("ended with its term"), "{again}");
    assert_eq!(bss.dropbox_writes(), ["create", "auto_renew/modify"]);
    assert_eq!(bss.stack.connectwise.calls(), [], "a team has no addition in ConnectWise");
}

#[tokio::test]
async fn an_order_after_the_end_reinstates_the_team_and_its_renewal() {
    let bss = after_the_window(STANDARD, 5).await;
    let end = bss.term_end();
    bss.done(CANCEL, &known(STANDARD, 5, json!({}))).await;
    let second = order(STANDARD, 4, json!({"SubscriptionID": "S2"}));
    bss.assert_rejected(ErrorCode::SubscriptionExists, CREATE, &second, &["S1", &day(&bss), "Activate"]).await;
    bss.go_to(end, -2);
    assert_eq!(bss.look_at_renewals().await, ENDED);
    assert_eq!(bss.done(CREATE, &second).await, SUBSCRIPTION.replace("S1", "S2"));
    assert_eq!(team(&bss), (true, true));
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 1)]);
    assert_eq!(bss.team()["id"], TEAM);
}

#[tokio::test]
async fn activate_takes_the_cancellation_back() {
    let bss = after_the_window(STANDARD, 5).await;
    let end = bss.term_end();
    let body = known(STANDARD, 5, json!({}));
    bss.answer(CANCEL, &body).await;
    bss.stack.clock.advance(days(30));
    assert_eq!(bss.answer(ACTIVATE, &body).await, provisioned(SUBSCRIPTION));
    assert_eq!(team(&bss), (true, true));
    bss.done(UPDATE, &known(STANDARD, 6, json!({}))).await;
    bss.go_to(end, -2);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    assert_eq!(bss.team()["num_licensed_users"], 6);
    // Renewed two days ago: within the days again.
    let answer = bss.answer(CANCEL, &known(STANDARD, 6, json!({}))).await;
    assert_eq!(answer["AccountExtraInfo"]["last_cancellation"], "at_once");
    assert!(!team(&bss).0);
}

#[tokio::test]
async fn activate_after_the_end_reinstates_the_team_and_its_renewal() {
    let body = known(STANDARD, 5, json!({}));
    for looked in [false, true] {
        let bss = after_the_window(STANDARD, 5).await;
        bss.done(CANCEL, &body).await;
        bss.go_to(bss.term_end(), -2);
        if looked {
            bss.look_at_renewals().await;
        }
        bss.done(ACTIVATE, &body).await;
        assert_eq!(team(&bss), (true, true));
        assert_eq!(bss.look_at_renewals().await, NOTHING);
    }
}

#[tokio::test]
async fn what_is_cancelled_for_its_end_cannot_be_changed_or_suspended() {
    let bss = after_the_window(STANDARD, 5).await;
    bss.done(UPDATE, &known(STANDARD, 5, with(&[HISTORY]))).await;
    bss.done(CANCEL, &known(STANDARD, 5, json!({}))).await;
    for (path, body) in [
        (UPDATE, known(STANDARD, 6, json!({}))),
        (SUSPEND, known(STANDARD, 5, json!({}))),
        ("addons/create", known(STANDARD, 5, acting("Provision", &[HISTORY]))),
    ] {
        bss.assert_rejected(ErrorCode::StateConflict, path, &body, &["ends with its term", "Activate"]).await;
    }
    // An add-on ends with the term.
    let writes = bss.dropbox_writes();
    bss.done("addons/cancel", &known(STANDARD, 5, acting("Cancel", &[HISTORY]))).await;
    assert_eq!((bss.dropbox_writes(), team(&bss)), (writes, (true, false)));
}

#[tokio::test]
async fn a_suspension_after_the_days_is_refused_and_a_trial_ends_at_once() {
    let bss = after_the_window(STANDARD, 3).await;
    bss.assert_rejected(ErrorCode::OutsideCancellationWindow, SUSPEND, &known(STANDARD, 3, json!({})), &["14 days"])
        .await;
    let bss = in_the_window(STANDARD, 3, json!({"IsTrial": true})).await;
    bss.stack.clock.advance(days(20));
    let answer = bss.answer(CANCEL, &known(STANDARD, 3, json!({}))).await;
    assert_eq!(answer["AccountExtraInfo"]["last_cancellation"], "at_once");
    assert!(!team(&bss).0);
}

#[tokio::test]
async fn a_monthly_term_ends_with_its_month_without_notices() {
    let bss = after_the_window(STANDARD_MONTHLY, 3).await;
    let end = bss.term_end();
    assert_not_renewed(&bss.answer(CANCEL, &known(STANDARD_MONTHLY, 3, json!({}))).await, &day(&bss));
    bss.go_to(end, 1);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.go_to(end, 0);
    assert_eq!(bss.look_at_renewals().await, ENDED);
}

#[tokio::test]
async fn a_lost_answer_is_resolved_by_a_read() {
    let bss = after_the_window(STANDARD, 3).await;
    bss.dropbox_faults(json!([{"path": "/resellers/team/auto_renew/modify", "times": 1, "drop": "after"}]));
    assert_not_renewed(&bss.answer(CANCEL, &known(STANDARD, 3, json!({}))).await, &day(&bss));
    assert_eq!(bss.dropbox_writes(), ["create", "auto_renew/modify"]);
}

#[tokio::test]
async fn a_refusal_by_dropbox_changes_nothing() {
    let bss = after_the_window(STANDARD, 3).await;
    let refusal = json!({"error_summary": "auto_renew_locked/..", "user_message": {"text": "Not now."}});
    bss.dropbox_faults(json!([{"path": "/resellers/team/auto_renew/modify", "status": 409, "body": refusal}]));
    let message = bss.refused(ErrorCode::VendorRefused, CANCEL, &known(STANDARD, 3, json!({}))).await;
    assert!(message.contains("Not now"), "{message}");
    bss.dropbox_faults(json!([]));
    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
    assert_eq!(team(&bss), (true, true));
}

#[tokio::test]
async fn a_team_that_someone_renews_at_dropbox_is_cancelled_after_its_renewal() {
    let bss = after_the_window(STANDARD, 3).await;
    let end = bss.term_end();
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let on = json!({"id": TEAM, "reseller_ids": ["R-2001"], "new_auto_renew": true});
    bss.as_distributor(&PARTNERS[0], "auto_renew/modify", &on).await;
    bss.go_to(end, 0);
    assert_eq!(team(&bss), (true, true));
    let before = bss.stack.clock.now();
    assert_eq!(bss.look_at_renewals().await, ENDED);
    assert!(!team(&bss).0);
    let record = bss.subscription_record("S1").await;
    let cancelled_at: Timestamp = record["cancelled_at"]["S"].as_str().unwrap().parse().unwrap();
    assert!((before..=bss.stack.clock.now()).contains(&cancelled_at), "{record}");
    assert_eq!(record.get("ends_at"), None);
    let again = bss.answer(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let day = cancelled_at.strftime("%Y-%m-%d").to_string();
    let pairs = json!({"last_cancellation": "at_once", "last_cancellation_ends": day});
    assert_eq!(again, merged(provisioned(SUBSCRIPTION), json!({"AccountExtraInfo": pairs})));
}

#[tokio::test]
async fn a_team_that_ends_before_its_term_ends_the_subscription() {
    let bss = after_the_window(STANDARD, 3).await;
    let end = bss.term_end();
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    bss.go_to(end, 60);
    bss.dropbox_faults(json!([{"path": GET, "patch": [{"op": "replace", "path": "/active", "value": false}]}]));
    assert_eq!(bss.look_at_renewals().await, ENDED);
    let record = bss.subscription_record("S1").await;
    assert_eq!(record["state"]["S"], "cancelled");
    let again = bss.answer(CANCEL, &known(STANDARD, 3, json!({}))).await;
    assert_eq!(again["AccountExtraInfo"]["last_cancellation"], "at_once", "it did not end with its term");
}

#[tokio::test]
async fn one_answer_that_the_team_is_inactive_does_not_end_it() {
    let bss = after_the_window(STANDARD, 3).await;
    let end = bss.term_end();
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    bss.go_to(end, 60);
    let inactive = json!([{"op": "replace", "path": "/active", "value": false}]);
    bss.dropbox_faults(json!([{"path": GET, "times": 1, "patch": inactive}]));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    assert_eq!(bss.subscription_record("S1").await["state"]["S"], "live");
    assert_eq!(team(&bss), (true, false));
}

#[tokio::test]
async fn nothing_that_is_paid_is_cancelled_for_an_answer_that_cannot_be_read() {
    let bss = after_the_window(STANDARD, 3).await;
    let (end, body) = (bss.term_end(), known(STANDARD, 3, json!({})));
    bss.done(CANCEL, &body).await;
    let writes = bss.dropbox_writes();
    let no_end = json!([{"op": "remove", "path": "/end_date"}, {"op": "remove", "path": "/end_datetime"}]);
    let unknown = json!([{"op": "replace", "path": "/current_state/skus/0/sku_id", "value": "TEAM-NEW1Y"}]);
    for (left, patch) in [(60, &no_end), (30, &unknown), (0, &no_end), (-1, &unknown)] {
        bss.go_to(end, left);
        let shown = [json!({"op": "replace", "path": "/active", "value": true})];
        let patch: Vec<_> = shown.iter().chain(patch.as_array().unwrap()).collect();
        bss.dropbox_faults(json!([{"path": GET, "patch": patch}]));
        assert_eq!(bss.look_at_renewals().await, STUCK, "{left}");
        let answer = bss.answer(CANCEL, &body).await;
        assert_ne!(answer["Code"], 0, "{answer}");
        assert_eq!(bss.dropbox_writes(), writes);
    }
    bss.dropbox_faults(json!([]));
    bss.stack.clock.advance(days(1));
    assert_eq!(bss.look_at_renewals().await, ENDED);
}

#[tokio::test]
async fn the_scheduled_end_does_not_end_what_was_activated_meanwhile() {
    let bss = after_the_window(STANDARD, 5).await;
    let body = known(STANDARD, 5, json!({}));
    bss.done(CANCEL, &body).await;
    bss.go_to(bss.term_end(), 0);
    bss.dropbox_faults(json!([{"path": GET, "times": 1, "delay_ms": 4000}]));
    let activate = async {
        let look = async {
            while bss.stack.dropbox.faults().in_flight() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), look).await.unwrap();
        bss.done(ACTIVATE, &body).await
    };
    let (looked, _) = tokio::join!(bss.look_at_renewals(), activate);
    assert_eq!((looked, team(&bss)), (NOTHING, (true, true)));
    assert_eq!(bss.subscription_record("S1").await["state"]["S"], "live");
}

#[tokio::test]
async fn an_account_whose_subscription_is_ending_is_not_deleted() {
    let bss = after_the_window(STANDARD, 3).await;
    let end = bss.term_end();
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let deleted = account(json!({"ExternalID": "dropbox-1001"}));
    let message = bss.refused(ErrorCode::SubscriptionLive, "accounts/delete", &deleted).await;
    assert!(message.contains(&day(&bss)), "{message}");
    bss.go_to(end, 0);
    assert_eq!(bss.look_at_renewals().await, ENDED);
    bss.done("accounts/delete", &deleted).await;
}

#[tokio::test]
async fn an_end_that_dropbox_does_not_show_yet_is_looked_at_again() {
    let bss = after_the_window(STANDARD, 3).await;
    let end = bss.term_end();
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let active = json!([{"op": "replace", "path": "/active", "value": true}]);
    bss.dropbox_faults(json!([{"path": GET, "patch": active}]));
    bss.go_to(end, 0);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    assert_eq!(bss.look_at_renewals().await, NOTHING, "not before an hour");
    bss.go_to(end, -1);
    assert_eq!(bss.look_at_renewals().await, STUCK, "a day late");
    bss.dropbox_faults(json!([]));
    bss.stack.clock.advance(jiff::SignedDuration::from_mins(61));
    assert_eq!(bss.look_at_renewals().await, ENDED);
}

#[tokio::test]
async fn another_end_than_the_announced_one_is_reported() {
    for left in [60, 0] {
        let bss = after_the_window(STANDARD, 3).await;
        let end = bss.term_end();
        bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
        let later = json!([
            {"op": "replace", "path": "/active", "value": true},
            {"op": "replace", "path": "/end_datetime", "value": end + days(20)},
        ]);
        bss.dropbox_faults(json!([{"path": GET, "patch": later}]));
        bss.go_to(end, left);
        assert_eq!(bss.look_at_renewals().await, STUCK, "{left}");
        assert_eq!(bss.subscription_record("S1").await["ends_at"]["S"], (end + days(20)).to_string());
        assert_eq!(bss.subscription_record("S1").await["state"]["S"], "live");
    }
}
