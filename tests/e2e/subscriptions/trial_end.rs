//! The end of a trial of Dropsuite that the BSS sold. Dropsuite knows no trials, so it is computed: 14 days after the start.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::client::{Bss, SUBSCRIPTION, known_service, merged, provisioned, provisioned_with, service, trial_until};
use crate::dropbox::renewals::{NOTHING, ONE_NOTICE};

const CREATE: &str = "subscriptions/create";
const UPDATE: &str = "subscriptions/update";
const LENGTH: SignedDuration = SignedDuration::from_hours(24 * 14);

fn trial(more: Value) -> Value {
    merged(json!({"IsTrial": true}), more)
}

async fn with_trial() -> Bss {
    let bss = Bss::with_account().await;
    bss.done(CREATE, &service(trial(json!({})))).await;
    bss
}

impl Bss {
    /// Returns the recorded end of the trial S1.
    async fn trial_end(&self) -> Timestamp {
        let record = self.subscription_record("S1").await;
        record["trial_period"]["M"]["ends_at"]["S"].as_str().unwrap().parse().unwrap()
    }
}

#[tokio::test]
async fn it_has_a_notice_at_7_days_at_1_day_and_at_its_end_and_nothing_is_changed() {
    let bss = with_trial().await;
    let end = bss.trial_end().await;
    let since_start = (end - LENGTH).duration_since(bss.stack.clock.now()).abs();
    assert!(since_start < SignedDuration::from_mins(5), "{end}");
    let (vendor, calls) = (bss.vendor(), bss.stack.dropsuite.calls().len());
    for (left, report) in [
        (8, NOTHING),
        (7, ONE_NOTICE),
        (7, NOTHING),
        (2, NOTHING),
        (1, ONE_NOTICE),
        (0, ONE_NOTICE),
        (-1, NOTHING),
        (-30, NOTHING),
    ] {
        bss.go_to(end, left);
        assert_eq!(bss.look_at_renewals().await, report, "{left} days before the end");
    }
    assert_eq!((bss.vendor(), bss.stack.dropsuite.calls().len()), (vendor, calls));
    let record = bss.subscription_record("S1").await;
    assert_eq!((&record["trial"]["BOOL"], &record["state"]["S"]), (&json!(true), &json!("live")));
    assert_eq!(record["trial_period"]["M"].get("at_end"), None, "the BSS decides");
    let after = bss.answer(UPDATE, &known_service(5, trial(json!({})))).await["Message"].clone();
    assert!(after.as_str().unwrap().starts_with("The trial ended on "), "{after}");
}

#[tokio::test]
async fn changes_and_a_suspension_keep_the_end_and_the_notices() {
    let bss = with_trial().await;
    let end = bss.trial_end().await;
    let told = provisioned_with(SUBSCRIPTION, &trial_until(end));
    assert_eq!(bss.answer(CREATE, &service(trial(json!({})))).await, told, "the same call has the same answer");
    bss.go_to(end, 7);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    assert_eq!(bss.answer(UPDATE, &known_service(6, trial(json!({})))).await, told);
    bss.done("subscriptions/suspend", &known_service(6, json!({}))).await;
    assert_eq!(bss.trial_end().await, end);
    assert_eq!(bss.answer("subscriptions/activate", &known_service(6, json!({}))).await, told);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.go_to(end, 1);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn a_paid_or_cancelled_one_has_no_notice() {
    for (path, body) in [
        ("subscriptions/upgradetopaid", known_service(5, json!({}))),
        ("subscriptions/cancel", known_service(5, json!({}))),
    ] {
        let bss = with_trial().await;
        let end = bss.trial_end().await;
        bss.go_to(end, 7);
        assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
        assert_eq!(bss.answer(path, &body).await, provisioned(SUBSCRIPTION), "{path}");
        bss.go_to(end, -1);
        assert_eq!(bss.look_at_renewals().await, NOTHING, "{path}");
        assert_eq!(bss.subscription_record("S1").await.get("trial_period"), None);
    }
}

#[tokio::test]
async fn one_that_begins_again_after_its_cancellation_has_a_new_end() {
    let bss = with_trial().await;
    let end = bss.trial_end().await;
    bss.go_to(end, 1);
    bss.done("subscriptions/cancel", &known_service(5, json!({}))).await;
    bss.done("subscriptions/activate", &known_service(5, json!({}))).await;
    let next = bss.trial_end().await;
    assert!(next > end + SignedDuration::from_hours(24 * 12), "{end} {next}");
    bss.go_to(next, 7);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

/// Returns a trial as a release before the ends of trials recorded it, also one before the start of the live period.
async fn with_older_trial() -> (Bss, Timestamp) {
    let bss = with_trial().await;
    let end = bss.trial_end().await;
    let mut item = bss.subscription_record("S1").await;
    for name in ["trial_period", "live_since", "work_shard", "work_due_at"] {
        item.as_object_mut().unwrap().remove(name).unwrap();
    }
    let put = json!({"TableName": bss.stack.table, "Item": item});
    bss.stack.dynamodb.call("PutItem", &put).await.unwrap();
    (bss, end)
}

#[tokio::test]
async fn one_that_was_recorded_by_an_earlier_release_is_read_and_has_notices_after_its_next_order() {
    let (bss, end) = with_older_trial().await;
    bss.go_to(end, 5);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    let told = provisioned_with(SUBSCRIPTION, &trial_until(end));
    assert_eq!(bss.answer(UPDATE, &known_service(5, trial(json!({})))).await, told);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn one_of_an_earlier_release_that_has_ended_before_its_next_order_has_no_notice() {
    let (bss, end) = with_older_trial().await;
    bss.go_to(end, -30);
    bss.done(UPDATE, &known_service(5, trial(json!({})))).await;
    let record = bss.subscription_record("S1").await;
    let period = &record["trial_period"]["M"];
    assert_eq!((&period["at_end"]["S"], &period["noticed"]["M"]["days"]["N"]), (&json!("ask"), &json!("0")));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
}
