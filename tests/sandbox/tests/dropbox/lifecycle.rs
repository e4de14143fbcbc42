//! `team/cancel`, `team/reinstate` and `team/migrate`.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Vendor, ends_like, modify, of, skus, trial, with};

fn standard(more: u32) -> Value {
    skus(&[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", more)])
}

fn back(team: &Value, skus: Value) -> Value {
    with(of(team), "skus", skus)
}

#[tokio::test]
async fn cancelled_within_14_days_of_the_order() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(1)).await;
    let late = vendor.created(2, standard(1)).await;
    vendor.clock.advance(SignedDuration::from_hours(14 * 24) - SignedDuration::from_mins(5));
    let cancelled = vendor.done("cancel", of(&team)).await;
    assert_eq!(cancelled, with(team.clone(), "active", json!(false)));
    assert!(vendor.sandbox.state_json()["teams"][0]["cancelled_at"].is_string());
    assert_eq!(vendor.tag("cancel", of(&team)).await, "team_inactive");

    vendor.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(vendor.tag("cancel", of(&late)).await, "not_in_grace_period");
    assert_eq!(vendor.shown(&late).await, late);
}

#[tokio::test]
async fn cancelled_within_14_days_of_the_renewal() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, skus(&[("TEAM-ST3L5TVD1M", 1)])).await;
    vendor.pass(20);
    assert_eq!(vendor.tag("cancel", of(&team)).await, "not_in_grace_period");
    vendor.pass(12);
    assert_eq!(vendor.done("cancel", of(&team)).await["active"], false);
}

#[tokio::test]
async fn a_trial_can_be_cancelled_at_any_time_and_reinstated() {
    let vendor = Vendor::start().await;
    let team = vendor.done("create", trial(1, "TEAM-ST3L5TVD1Y")).await;
    vendor.pass(25);
    assert_eq!(vendor.done("cancel", of(&team)).await["active"], false);
    assert_eq!(vendor.tag("reinstate", back(&team, standard(1))).await, "trial_not_allowed");
    assert_eq!(vendor.done("reinstate", back(&team, team["current_state"]["skus"].clone())).await, team);
    vendor.done("cancel", of(&team)).await;
    vendor.pass(5);
    let paid = vendor.done("reinstate", back(&team, team["current_state"]["skus"].clone())).await;
    assert_eq!((&paid["active"], &paid["current_state"]["is_trial"]), (&true.into(), &false.into()));
}

#[tokio::test]
async fn other_skus_can_be_reinstated_within_the_grace_period_only() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(1)).await;
    assert_eq!(vendor.tag("reinstate", back(&team, standard(1))).await, "team_already_active");
    vendor.done("cancel", of(&team)).await;
    vendor.pass(13);
    let wrong = skus(&[("TEAM-ST3L5TVD1Y", 2)]);
    assert_eq!(vendor.tag("reinstate", back(&team, wrong)).await, "skus_invalid");
    let other = vendor.done("reinstate", back(&team, standard(5))).await;
    assert_eq!((&other["active"], &other["num_licensed_users"]), (&json!(true), &json!(8)));
    assert_eq!((&other["renewal_state"], &other["end_date"]), (&other["current_state"], &team["end_date"]));

    vendor.done("cancel", of(&team)).await;
    vendor.pass(14);
    assert_eq!(vendor.tag("reinstate", back(&team, standard(1))).await, "skus_invalid");
    assert_eq!(vendor.done("reinstate", back(&team, standard(5))).await, other);
}

#[tokio::test]
async fn reinstatement_after_the_term_starts_a_new_one() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, skus(&[("TEAM-ST3L5TVD1M", 1)])).await;
    vendor.done("cancel", of(&team)).await;
    vendor.pass(100);
    assert_eq!(vendor.shown(&team).await["end_date"], team["end_date"]);
    let again = vendor.done("reinstate", back(&team, team["current_state"]["skus"].clone())).await;
    let fresh = vendor.created(2, skus(&[("TEAM-ST3L5TVD1M", 1)])).await;
    assert_eq!(again["active"], true);
    ends_like(&again, &fresh);
    vendor.pass(13);
    assert_eq!(vendor.done("cancel", of(&team)).await["active"], false);
}

#[tokio::test]
async fn pending_changes_survive_a_cancellation_but_not_the_term() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(4)).await;
    let waiting = vendor.done("skus/modify", modify(&team, standard(1), false)).await;
    vendor.done("cancel", of(&team)).await;
    assert_eq!(vendor.done("reinstate", back(&team, standard(4))).await, waiting);
    vendor.done("cancel", of(&team)).await;
    vendor.pass(366);
    let again = vendor.done("reinstate", back(&team, standard(4))).await;
    assert_eq!((&again["current_state"], &again["renewal_state"]), (&team["current_state"], &team["current_state"]));
}

#[tokio::test]
async fn migration_to_another_reseller() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(1)).await;
    let to = |ids: Value| with(of(&team), "to_reseller_ids", ids);
    for wrong in [json!([]), json!(["R-9001"]), json!(["D-1000"])] {
        assert_eq!(vendor.tag("migrate", to(wrong)).await, "reseller_ids_invalid");
    }
    assert_eq!(vendor.tag("migrate", to(json!(["D-1000", "R-2001"]))).await, "team_already_migrated");
    let of_other = with(with(of(&team), "reseller_ids", json!(["R-2002"])), "to_reseller_ids", json!(["R-2001"]));
    assert_eq!(vendor.tag("migrate", of_other).await, "team_not_found");
    assert_eq!(vendor.shown(&team).await, team);
    let moved = vendor.done("migrate", to(json!(["D-1000", "R-2002"]))).await;
    assert_eq!(moved, with(team.clone(), "reseller_ids", json!(["D-1000", "R-2002"])));
    assert_eq!(vendor.tag("get", of(&team)).await, "team_not_found");
    assert_eq!(vendor.tag("migrate", to(json!(["R-2002"]))).await, "team_not_found");
    let mine = vendor.done("list2", json!({ "reseller_ids": ["R-2002"] })).await;
    assert_eq!(mine, json!({ "teams": [moved] }));
}

#[tokio::test]
async fn an_inactive_team_is_not_migrated() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(1)).await;
    vendor.done("cancel", of(&team)).await;
    let there = with(of(&team), "to_reseller_ids", json!(["R-2002"]));
    assert_eq!(vendor.tag("migrate", there).await, "team_inactive");
}
