//! The end of a trial that the BSS sold: it is told and announced, and the BSS decides what follows.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::demo::{STANDARD, SUBSCRIPTION, SUSPEND, UPDATE, days, known, not_found};
use super::renewals::{NOTHING, ONE_NOTICE, STUCK};
use super::trials::trial;
use crate::client::{Bss, merged, provisioned, provisioned_with, trial_until};

const GET: &str = "/resellers/team/get";

async fn with_trial() -> Bss {
    Bss::with_team(STANDARD, 3, trial(json!({}))).await
}

/// Sets a rule that changes the end in the next `times` answers.
fn shows_end(bss: &Bss, times: u32, end: &Value) {
    let patch = json!([{"op": "replace", "path": "/end_datetime", "value": end}]);
    bss.dropbox_faults(json!([{"path": GET, "times": times, "patch": patch}]));
}

async fn recorded(bss: &Bss) -> Value {
    bss.subscription_record("S1").await["trial_period"]["M"].clone()
}

#[tokio::test]
async fn it_has_a_notice_at_7_days_at_1_day_and_at_its_end_each_once() {
    let bss = with_trial().await;
    let (end, writes) = (bss.term_end(), bss.dropbox_writes());
    assert_eq!(recorded(&bss).await["ends_at"]["S"], end.to_string());
    for (left, report) in [
        (20, NOTHING),
        (8, NOTHING),
        (7, ONE_NOTICE),
        (7, NOTHING),
        (2, NOTHING),
        (1, ONE_NOTICE),
        (1, NOTHING),
        (0, ONE_NOTICE),
        (-1, NOTHING),
    ] {
        bss.go_to(end, left);
        assert_eq!(bss.look_at_renewals().await, report, "{left} days before the end");
    }
    let reads = bss.dropbox_calls().len();
    bss.go_to(end, -40);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    assert_eq!(bss.dropbox_calls().len(), reads, "nothing follows the end by itself");
    assert_eq!(bss.dropbox_writes(), writes);
    let record = bss.subscription_record("S1").await;
    assert_eq!((&record["trial"]["BOOL"], &record["state"]["S"]), (&json!(true), &json!("live")));
    assert_eq!(record["trial_period"]["M"].get("at_end"), None, "the BSS decides");
}

#[tokio::test]
async fn every_answer_tells_the_end_until_it_is_paid() {
    let bss = with_trial().await;
    let told = provisioned_with(SUBSCRIPTION, &trial_until(bss.term_end()));
    let unchanged = known(STANDARD, 3, trial(json!({})));
    assert_eq!(bss.answer(UPDATE, &unchanged).await, told);
    assert_eq!(bss.answer(UPDATE, &merged(unchanged, json!({"CheckOnly": true}))).await, told);
    bss.go_to(bss.term_end(), 7);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    let paid = known(STANDARD, 5, trial(json!({"ActionType": "UpgradeToPaid"})));
    assert_eq!(bss.answer(UPDATE, &paid).await, provisioned(SUBSCRIPTION));
    assert_eq!(recorded(&bss).await, Value::Null);
    bss.stack.clock.advance(days(10));
    assert_eq!(bss.look_at_renewals().await, NOTHING, "it is no trial any more");
}

#[tokio::test]
async fn missed_notices_are_one() {
    let bss = with_trial().await;
    bss.go_to(bss.term_end(), -3);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
}

#[tokio::test]
async fn one_wrong_date_is_not_believed() {
    for wrong in [-300, 300] {
        let bss = with_trial().await;
        let end = bss.term_end();
        bss.go_to(end, 7);
        shows_end(&bss, 1, &json!(end + days(wrong)));
        assert_eq!(bss.look_at_renewals().await, STUCK, "{wrong}");
        assert_eq!(recorded(&bss).await["ends_at"]["S"], end.to_string());
        bss.stack.clock.advance(SignedDuration::from_mins(61));
        assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    }
}

#[tokio::test]
async fn one_answer_without_the_trial_costs_no_notice() {
    let is = |path: &str, value: bool| json!({"path": GET, "patch": [{"op": "replace", "path": path, "value": value}]});
    for rule in [not_found(), is("/active", false), is("/current_state/is_trial", false)] {
        let bss = with_trial().await;
        bss.go_to(bss.term_end(), 1);
        bss.dropbox_faults(json!([merged(rule.clone(), json!({"times": 1}))]));
        assert_eq!(bss.look_at_renewals().await, STUCK, "{rule}");
        bss.stack.clock.advance(SignedDuration::from_mins(61));
        assert_eq!(bss.look_at_renewals().await, ONE_NOTICE, "{rule}");
        assert_eq!(recorded(&bss).await["noticed"]["M"]["days"]["N"], "1", "{rule}");
    }
}

#[tokio::test]
async fn a_wrong_date_that_an_order_saw_makes_no_notice_and_silences_none() {
    for wrong in [-300, 3000] {
        let bss = with_trial().await;
        let end = bss.term_end();
        bss.go_to(end, 16);
        assert_eq!(bss.look_at_renewals().await, NOTHING);
        shows_end(&bss, 9, &json!(end + days(wrong)));
        bss.answer(UPDATE, &known(STANDARD, 3, trial(json!({})))).await;
        bss.dropbox_faults(json!([]));
        for (left, report) in [(7, ONE_NOTICE), (1, ONE_NOTICE), (0, ONE_NOTICE)] {
            bss.go_to(end, left);
            assert_eq!(bss.look_at_renewals().await, report, "{wrong}: {left}");
        }
        assert_eq!(recorded(&bss).await["ends_at"]["S"], end.to_string());
    }
}

#[tokio::test]
async fn a_trial_that_dropbox_extends_has_its_notices_again() {
    let bss = with_trial().await;
    let end = bss.term_end();
    bss.go_to(end, 7);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    let later = end + days(14);
    let extended = json!([
        {"op": "replace", "path": "/end_datetime", "value": later},
        {"op": "replace", "path": "/active", "value": true},
    ]);
    bss.dropbox_faults(json!([{"path": GET, "patch": extended}]));
    for (left, report) in [(15, NOTHING), (7, ONE_NOTICE), (6, NOTHING)] {
        bss.go_to(later, left);
        assert_eq!(bss.look_at_renewals().await, report, "{left}");
    }
    assert_eq!(recorded(&bss).await["ends_at"]["S"], later.to_string());
}

#[tokio::test]
async fn a_suspended_one_has_only_the_notice_at_its_end() {
    let bss = with_trial().await;
    let end = bss.term_end();
    bss.done(SUSPEND, &known(STANDARD, 3, trial(json!({})))).await;
    for (left, report) in [(7, NOTHING), (1, NOTHING), (-1, ONE_NOTICE), (-3, NOTHING)] {
        bss.go_to(end, left);
        assert_eq!(bss.look_at_renewals().await, report, "{left}");
    }
}

#[tokio::test]
async fn a_look_that_fails_is_made_again_an_hour_later() {
    let bss = with_trial().await;
    bss.go_to(bss.term_end(), 1);
    bss.dropbox_faults(json!([{"path": GET, "status": 503}]));
    assert_eq!(bss.look_at_renewals().await, STUCK);
    bss.dropbox_faults(json!([]));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.stack.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn a_team_that_dropbox_does_not_show_any_more_is_looked_at_each_day() {
    let bss = with_trial().await;
    let end = bss.term_end();
    bss.go_to(end, 1);
    bss.dropbox_faults(json!([not_found()]));
    assert_eq!(bss.look_at_renewals().await, NOTHING, "it is not stuck");
    let reads = bss.dropbox_calls().len();
    bss.stack.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    assert_eq!(bss.dropbox_calls().len(), reads);
    bss.dropbox_faults(json!([]));
    bss.go_to(end, -1);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}
