//! End and renewal of terms.

use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};

use super::{Vendor, modify, of, skus, time, trial, with};

/// Advances the clock to `step` after the end of the team's term.
fn go_to_end(vendor: &Vendor, team: &Value, step: SignedDuration) {
    let left = time(&team["end_datetime"]).duration_since(vendor.clock.now());
    vendor.clock.advance(left + step);
}

#[tokio::test]
async fn the_renewal_applies_pending_changes() {
    let vendor = Vendor::start().await;
    let more = |number| skus(&[("TEAM-ST3L5TVD1M", 1), ("TEAMLIC-ST5TVD1M", number)]);
    let team = vendor.created(1, more(4)).await;
    let waiting = vendor.done("skus/modify", modify(&team, more(1), false)).await;
    go_to_end(&vendor, &team, SignedDuration::from_secs(-30));
    assert_eq!(vendor.shown(&team).await, waiting);
    go_to_end(&vendor, &team, SignedDuration::ZERO);
    let renewed = vendor.shown(&team).await;
    assert_eq!((&renewed["num_licensed_users"], &renewed["current_state"]), (&json!(4), &waiting["renewal_state"]));
    assert_eq!(vendor.sandbox.state_json()["teams"][0]["term_started"], team["end_datetime"]);
    let stale = modify(&team, more(4), true);
    assert_eq!(vendor.tag("skus/modify", stale).await, "current_skus_mismatch");
}

#[tokio::test]
async fn terms_follow_each_other_by_the_calendar() {
    let vendor = Vendor::start().await;
    let year = vendor.created(1, skus(&[("TEAM-ST3L5TVDAC1M", 1)])).await;
    let month = vendor.created(2, skus(&[("TEAM-ST3L5TVD1M", 1)])).await;
    go_to_end(&vendor, &year, SignedDuration::ZERO);
    let after = |team: &Value, months: i64| {
        let start = time(&team["end_datetime"]).to_zoned(jiff::tz::TimeZone::UTC);
        start.checked_add(months.months()).unwrap().timestamp()
    };
    assert_eq!(time(&vendor.shown(&year).await["end_datetime"]), after(&year, 12));
    let ends = time(&vendor.shown(&month).await["end_datetime"]);
    let next = ends.duration_since(vendor.clock.now());
    assert!(next > SignedDuration::ZERO && next <= SignedDuration::from_hours(31 * 24), "{next}");
}

#[tokio::test]
async fn another_commitment_takes_effect_at_the_renewal() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, skus(&[("TEAM-ST3L5TVD1M", 1)])).await;
    vendor.done("skus/modify", modify(&team, skus(&[("TEAM-ST3L5TVD1Y", 1)]), false)).await;
    go_to_end(&vendor, &team, SignedDuration::ZERO);
    let renewed = vendor.shown(&team).await;
    let days = time(&renewed["end_datetime"]).duration_since(time(&team["end_datetime"])).as_hours() / 24;
    assert!(renewed["sku_id"] == "TEAM-ST3L5TVD1Y" && days >= 365, "{renewed}");
}

#[tokio::test]
async fn without_automatic_renewal_the_team_ends() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, skus(&[("TEAM-ST3L5TVD1M", 1)])).await;
    vendor.done("auto_renew/modify", with(of(&team), "new_auto_renew", json!(false))).await;
    go_to_end(&vendor, &team, SignedDuration::from_secs(-30));
    assert_eq!(vendor.shown(&team).await["active"], true);
    go_to_end(&vendor, &team, SignedDuration::from_hours(13 * 24));
    let ended = vendor.shown(&team).await;
    assert_eq!((&ended["active"], &ended["end_datetime"]), (&json!(false), &team["end_datetime"]));
    assert_eq!(vendor.sandbox.state_json()["teams"][0]["cancelled_at"], team["end_datetime"]);
    assert_eq!(vendor.done("list2", json!({ "reseller_ids": ["R-2001"] })).await, json!({ "teams": [ended] }));
    let other = with(of(&team), "skus", skus(&[("TEAM-BIZ3L1M", 1)]));
    assert_eq!(vendor.done("reinstate", other).await["sku_id"], "TEAM-BIZ3L1M");
}

#[tokio::test]
async fn a_trial_ends_and_is_not_converted() {
    let vendor = Vendor::start().await;
    let team = vendor.done("create", trial(1, "TEAM-ST3L5TVD1M")).await;
    vendor.done("auto_renew/modify", with(of(&team), "new_auto_renew", json!(true))).await;
    go_to_end(&vendor, &team, SignedDuration::from_secs(-30));
    assert_eq!(vendor.shown(&team).await["active"], true);
    go_to_end(&vendor, &team, SignedDuration::ZERO);
    let ended = vendor.shown(&team).await;
    assert_eq!((&ended["active"], &ended["current_state"]["is_trial"]), (&json!(false), &json!(true)));
    let paid = with(modify(&ended, ended["current_state"]["skus"].clone(), true), "is_trial", json!(false));
    assert_eq!(vendor.tag("skus/modify", paid).await, "team_inactive");
}
