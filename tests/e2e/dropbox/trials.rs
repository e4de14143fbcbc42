//! Trials: the base plan only, for 30 days, until they are converted or end.

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    ACTIVATE, ADVANCED, ADVANCED_LICENCE, CANCEL, CREATE, EDUCATION, HISTORY, HISTORY_STANDARD, PACK, STANDARD,
    STANDARD_BY_THE_MONTH, STANDARD_LICENCE, STANDARD_MONTHLY, SUBSCRIPTION, SUSPEND, UPDATE, UPGRADE, days, known,
    order, with,
};
use crate::client::{Bss, merged, provisioned, provisioned_with, trial_until};

/// Returns `more` for an order of a trial.
pub fn trial(more: Value) -> Value {
    merged(json!({"IsTrial": true}), more)
}

fn to_paid(more: Value) -> Value {
    trial(merged(json!({"ActionType": "UpgradeToPaid"}), more))
}

fn is_trial(bss: &Bss) -> bool {
    bss.team()["current_state"]["is_trial"].as_bool().unwrap()
}

#[tokio::test]
async fn has_the_base_alone() {
    for (plan, seats) in [(STANDARD, 3), (STANDARD_MONTHLY, 3), (ADVANCED, 3), (EDUCATION, 300)] {
        let bss = Bss::with_team(plan, seats, trial(json!({}))).await;
        bss.assert_team_has(&[(plan, 1)]);
        assert!(is_trial(&bss));
        let first = bss.answer(CREATE, &order(plan, seats, trial(json!({})))).await;
        assert_eq!(first, provisioned_with(SUBSCRIPTION, &trial_until(bss.term_end())));
        assert_eq!(bss.dropbox_writes(), ["create"]);
    }
}

#[tokio::test]
async fn excludes_more_licences_add_ons_and_annual_billed_monthly() {
    let bss = Bss::with_dropbox_account().await;
    for (body, named) in [
        (order(STANDARD, 4, trial(json!({}))), "3 licences"),
        (order(EDUCATION, 301, trial(json!({}))), "300 licences"),
        (order(STANDARD, 3, trial(with(&[HISTORY]))), "Extended Version History"),
        (order(ADVANCED, 3, trial(with(&[PACK]))), "Storage pack 10 TB"),
        (order(STANDARD_BY_THE_MONTH, 3, trial(json!({}))), "billed monthly has no trial"),
    ] {
        bss.assert_rejected(ErrorCode::TrialRefused, CREATE, &body, &[named]).await;
    }
    bss.assert_rejected(ErrorCode::SeatsInvalid, CREATE, &order(STANDARD, 2, trial(json!({}))), &["3 licences"]).await;
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn cannot_get_more_licences() {
    let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
    bss.assert_rejected(ErrorCode::TrialRefused, UPDATE, &known(STANDARD, 5, trial(json!({}))), &["3 licences"]).await;
    let addon = known(STANDARD, 3, trial(with(&[HISTORY])));
    bss.assert_rejected(ErrorCode::TrialRefused, UPDATE, &addon, &["Extended Version History"]).await;
    assert_eq!(
        bss.done(UPDATE, &known(STANDARD, 3, trial(json!({})))).await,
        SUBSCRIPTION,
        "an unchanged trial is accepted"
    );
    assert!(is_trial(&bss));
    assert_eq!(bss.dropbox_writes(), ["create"]);
}

#[tokio::test]
async fn converts_with_more_licences_and_add_ons() {
    let ordered = with(&[HISTORY]);
    for (path, action) in [(UPDATE, to_paid(ordered.clone())), (UPGRADE, trial(ordered.clone())), (UPGRADE, ordered)] {
        let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
        let paid = known(STANDARD, 6, action);
        assert_eq!(bss.answer(path, &paid).await, provisioned(SUBSCRIPTION));
        assert!(!is_trial(&bss));
        bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 3), (HISTORY_STANDARD, 6)]);
        assert_eq!(bss.done(path, &paid).await, SUBSCRIPTION);
        assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
        bss.stack.clock.advance(days(40));
        assert_eq!(bss.team()["active"], true, "it renews from now on");
    }
}

#[tokio::test]
async fn converts_to_a_higher_plan_and_not_to_a_lower_one() {
    let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
    bss.done(UPDATE, &known(ADVANCED, 5, to_paid(json!({})))).await;
    assert!(!is_trial(&bss));
    bss.assert_team_has(&[(ADVANCED, 1), (ADVANCED_LICENCE, 2)]);
    let bss = Bss::with_team(ADVANCED, 3, trial(json!({}))).await;
    let lower = known(STANDARD, 3, to_paid(json!({})));
    for path in [UPDATE, UPGRADE] {
        bss.assert_rejected(ErrorCode::DowngradeRefused, path, &lower, &["Dropbox Advanced"]).await;
    }
}

#[tokio::test]
async fn converts_with_another_commitment() {
    let bss = Bss::with_team(STANDARD_MONTHLY, 3, trial(json!({}))).await;
    bss.done(UPDATE, &known(STANDARD_BY_THE_MONTH, 3, to_paid(json!({})))).await;
    assert!(!is_trial(&bss));
    bss.assert_team_has(&[(STANDARD_BY_THE_MONTH, 1)]);
}

#[tokio::test]
async fn a_lost_response_of_the_conversion_is_resolved_by_a_read() {
    for path in [UPDATE, UPGRADE] {
        let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
        bss.dropbox_faults(json!([{"path": "/resellers/team/skus/modify", "drop": "after"}]));
        assert_eq!(bss.done(path, &known(STANDARD, 6, to_paid(json!({})))).await, SUBSCRIPTION);
        assert!(!is_trial(&bss));
        assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
    }
}

#[tokio::test]
async fn is_suspended_and_cancelled_at_any_time() {
    for path in [SUSPEND, CANCEL] {
        for age in [0, 20, 29] {
            let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
            bss.stack.clock.advance(days(age));
            bss.done(path, &known(STANDARD, 3, trial(json!({})))).await;
            assert_eq!(bss.team()["active"], false, "{path} on day {age}");
        }
    }
}

#[tokio::test]
async fn cancellation_after_its_end_needs_no_call() {
    let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
    bss.stack.clock.advance(days(31));
    assert_eq!(bss.team()["active"], false);
    assert_eq!(bss.done(CANCEL, &known(STANDARD, 3, trial(json!({})))).await, SUBSCRIPTION);
    assert_eq!(bss.dropbox_writes(), ["create"]);
}

#[tokio::test]
async fn is_reinstated_as_a_trial_after_a_suspension() {
    let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
    bss.done(SUSPEND, &known(STANDARD, 3, trial(json!({})))).await;
    bss.stack.clock.advance(days(10));
    bss.done(ACTIVATE, &known(STANDARD, 3, trial(json!({})))).await;
    assert_eq!(bss.team()["active"], true);
    assert!(is_trial(&bss));
}

#[tokio::test]
async fn a_paid_team_cannot_become_a_trial() {
    let bss = Bss::with_team(STANDARD, 5, json!({})).await;
    bss.answer(UPDATE, &known(STANDARD, 5, trial(json!({})))).await;
    assert!(!is_trial(&bss));
    assert_eq!(bss.dropbox_writes(), ["create"]);
}

#[tokio::test]
async fn remains_a_trial_when_a_call_does_not_mention_it() {
    let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
    bss.done(SUSPEND, &json!({"ID": SUBSCRIPTION})).await;
    bss.done(ACTIVATE, &json!({"ID": SUBSCRIPTION})).await;
    assert!(is_trial(&bss));
    let more = known(STANDARD, 3, with(&[HISTORY]));
    bss.assert_rejected(ErrorCode::TrialRefused, "addons/create", &more, &["Extended Version History"]).await;
    bss.assert_rejected(ErrorCode::TrialRefused, UPDATE, &known(STANDARD, 5, json!({})), &["3 licences"]).await;
    assert!(is_trial(&bss));
    bss.done(UPDATE, &known(STANDARD, 5, json!({"IsTrial": false}))).await;
    assert!(!is_trial(&bss));
}

#[tokio::test]
async fn cannot_change_its_plan() {
    let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
    for plan in [ADVANCED, STANDARD_MONTHLY] {
        bss.assert_rejected(ErrorCode::TrialRefused, UPDATE, &known(plan, 3, trial(json!({}))), &["change its plan"])
            .await;
    }
}

#[tokio::test]
async fn is_not_available_after_a_paid_team() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let again = order(STANDARD, 3, trial(json!({"SubscriptionID": "S2"})));
    bss.assert_rejected(ErrorCode::TrialRefused, CREATE, &again, &["Order it as paid"]).await;
}

#[tokio::test]
async fn a_paid_order_can_follow_a_cancelled_or_ended_trial() {
    for (cancelled, day, seats) in [(true, 2, 5), (true, 40, 3), (false, 40, 5)] {
        let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
        if cancelled {
            bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
        }
        bss.stack.clock.advance(days(day));
        let (path, paid) = if cancelled {
            (CREATE, order(STANDARD, seats, json!({"SubscriptionID": "S2"})))
        } else {
            (UPDATE, known(STANDARD, seats, to_paid(json!({}))))
        };
        let checked = bss.answer(path, &merged(paid.clone(), json!({"CheckOnly": true}))).await;
        assert_eq!(bss.answer(path, &paid).await, checked, "{cancelled} {day}");
        assert_eq!(bss.team()["num_licensed_users"], seats);
        assert!(!is_trial(&bss));
        assert_eq!(bss.team()["active"], true);
    }
}

#[tokio::test]
async fn cannot_be_extended() {
    let bss = Bss::with_team(STANDARD, 3, trial(json!({}))).await;
    bss.stack.clock.advance(days(31));
    bss.assert_rejected(ErrorCode::TrialRefused, ACTIVATE, &known(STANDARD, 3, trial(json!({}))), &["over", "as paid"])
        .await;
}
