//! Looks at renewals after answers that are wrong, late or lost: no notice is made twice, and none is missed.

use jiff::SignedDuration;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{STANDARD, UPDATE, days, known};
use super::renewals::{NOTHING, ONE_NOTICE, STUCK};
use crate::client::Bss;

const GET: &str = "/resellers/team/get";

/// Returns a team, 60 days before the end of its annual term.
async fn before_a_notice() -> Bss {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.go_to(bss.term_end(), 60);
    bss
}

/// Returns a rule that changes the next `times` answers.
fn patched(times: u32, changes: &Value) -> Value {
    json!([{"path": GET, "times": times, "patch": changes}])
}

fn replaced(member: &str, value: &Value) -> Value {
    json!([{"op": "replace", "path": format!("/{member}"), "value": value}])
}

#[tokio::test]
async fn a_team_that_seems_inactive_is_read_again_a_day_later() {
    let bss = before_a_notice().await;
    bss.dropbox_faults(patched(1, &replaced("active", &json!(false))));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.stack.clock.advance(SignedDuration::from_hours(23));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.stack.clock.advance(SignedDuration::from_hours(2));
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn a_term_that_cannot_be_read_is_reported_and_read_again_an_hour_later() {
    let no_end = json!([{"op": "remove", "path": "/end_date"}, {"op": "remove", "path": "/end_datetime"}]);
    for changes in [no_end, replaced("current_state/skus/0/sku_id", &json!("TEAM-NEW1Y"))] {
        let bss = before_a_notice().await;
        bss.dropbox_faults(patched(1, &changes));
        assert_eq!(bss.look_at_renewals().await, STUCK);
        bss.stack.clock.advance(SignedDuration::from_mins(61));
        assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    }
}

#[tokio::test]
async fn an_order_whose_answer_shows_no_term_keeps_the_notices() {
    let bss = before_a_notice().await;
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    let no_end = json!([{"op": "remove", "path": "/end_date"}, {"op": "remove", "path": "/end_datetime"}]);
    bss.dropbox_faults(json!([{"path": GET, "patch": no_end}]));
    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
    bss.dropbox_faults(json!([]));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.go_to(bss.term_end(), 30);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn one_wrong_date_is_not_believed() {
    let bss = before_a_notice().await;
    bss.dropbox_faults(patched(1, &replaced("end_datetime", &json!(bss.term_end() + days(700)))));
    assert_eq!(bss.look_at_renewals().await, STUCK);
    bss.stack.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn a_wrong_date_that_an_order_saw_neither_silences_nor_repeats_a_notice() {
    let bss = before_a_notice().await;
    let end = bss.term_end();
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    bss.go_to(end, 45);
    bss.dropbox_faults(json!([{"path": GET, "patch": replaced("end_datetime", &json!(end + days(3000)))}]));
    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
    bss.dropbox_faults(json!([]));
    for (left, report) in [(30, NOTHING), (14, ONE_NOTICE), (13, NOTHING), (7, ONE_NOTICE)] {
        bss.go_to(end, left);
        assert_eq!(bss.look_at_renewals().await, report, "{left}");
    }
}

#[tokio::test]
async fn an_end_without_the_time_of_day_is_of_the_same_term() {
    let bss = before_a_notice().await;
    let end = bss.term_end();
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    bss.go_to(end, 29);
    bss.dropbox_faults(json!([{"path": GET, "patch": [{"op": "remove", "path": "/end_datetime"}]}]));
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.dropbox_faults(json!([]));
    bss.done(UPDATE, &known(STANDARD, 5, json!({}))).await;
    assert_eq!(bss.look_at_renewals().await, NOTHING);
}

#[tokio::test]
async fn any_order_brings_changed_settings() {
    let bss = before_a_notice().await;
    let body = known(STANDARD, 3, json!({}));
    bss.done(UPDATE, &body).await;
    let settings = async || bss.subscription_record("S1").await["renewal"]["M"]["credentials_id"].clone();
    let (before, writes) = (settings().await, bss.dropbox_writes());
    bss.with("x-cloudplatform-setting-note", "changed").done(UPDATE, &body).await;
    assert_ne!(settings().await, before);
    assert_eq!(bss.dropbox_writes(), writes);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn a_look_without_settings_is_reported_and_changes_nothing() {
    let bss = before_a_notice().await;
    bss.lose("partner").await;
    let record = bss.subscription_record("S1").await;
    assert_eq!(bss.look_at_renewals().await, STUCK);
    let after = bss.subscription_record("S1").await;
    assert_eq!((&after["version"], &after["renewal"]), (&record["version"], &record["renewal"]));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
}

#[tokio::test]
async fn an_item_that_cannot_be_read_does_not_keep_its_place() {
    let bss = before_a_notice().await;
    let mut item = bss.subscription_record("S1").await;
    item["renewal"] = json!({"S": "?"});
    let put = json!({"TableName": bss.stack.table, "Item": item});
    bss.stack.dynamodb.call("PutItem", &put).await.unwrap();
    assert_eq!(bss.look_at_renewals().await, STUCK);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.stack.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(bss.look_at_renewals().await, STUCK);
}

#[tokio::test]
async fn an_order_that_was_left_unfinished_goes_first() {
    let bss = before_a_notice().await;
    bss.dropbox_faults(json!([
        {"path": "/resellers/team/skus/modify", "times": 1, "drop": "before"},
        {"path": GET, "after": 1, "status": 503},
    ]));
    let body = known(STANDARD, 4, json!({}));
    bss.refused(ErrorCode::OutcomeUnknown, UPDATE, &body).await;
    bss.dropbox_faults(json!([]));
    let job = async || {
        let account = bss.records().await.into_iter().find(|item| item["sk"]["S"] == "account").unwrap();
        (account["job"].clone(), account["pending_step"].clone())
    };
    let left = job().await;
    assert_ne!(left.0, Value::Null);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    assert_eq!(job().await, left);
    bss.done(UPDATE, &body).await;
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn a_notice_whose_write_was_not_answered_is_made() {
    let bss = before_a_notice().await;
    let lost = json!([{
        "path": "*", "header": {"name": "x-amz-target", "value": "*.TransactWriteItems"},
        "status": 500, "act": true, "body": {"__type": "InternalServerError"},
    }]);
    bss.stack.dynamodb.faults().set(serde_json::from_value(lost).unwrap());
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    bss.stack.dynamodb.faults().clear();
    assert_eq!(bss.look_at_renewals().await, NOTHING);
}
