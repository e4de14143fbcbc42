//! `team/skus/modify` and `team/auto_renew/modify`.

use serde_json::{Value, json};

use super::{Vendor, ends_like, modify, of, skus, trial, with};

fn standard(more: u32) -> Value {
    skus(&[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", more)])
}

#[tokio::test]
async fn more_licences_immediately_keep_the_term() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(2)).await;
    vendor.pass(40);
    let grown = vendor.done("skus/modify", modify(&team, standard(4), true)).await;
    assert_eq!((&grown["num_licensed_users"], &grown["end_datetime"]), (&json!(7), &team["end_datetime"]));
    assert_eq!(grown["current_state"], grown["renewal_state"]);
    assert_eq!(vendor.shown(&team).await, grown);
}

#[tokio::test]
async fn fewer_licences_wait_for_the_renewal() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(4)).await;
    assert_eq!(vendor.tag("skus/modify", modify(&team, standard(2), true)).await, "immediate_change_not_allowed");
    let later = vendor.done("skus/modify", modify(&team, standard(2), false)).await;
    assert_eq!((&later["num_licensed_users"], &later["current_state"]), (&json!(7), &team["current_state"]));
    assert_eq!(later["renewal_state"]["num_licensed_users"], 5);

    let kept = vendor.done("skus/modify", modify(&later, standard(4), true)).await;
    assert_eq!(kept, team);
}

#[tokio::test]
async fn increases_can_wait_for_the_renewal() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(4)).await;
    let later = vendor.done("skus/modify", modify(&team, skus(&[("TEAM-AD3LVE1Y", 1)]), false)).await;
    assert_eq!((&later["sku_id"], &later["num_licensed_users"]), (&json!("TEAM-ST3L5TVD1Y"), &json!(7)));
    assert_eq!(later["renewal_state"]["skus"], skus(&[("TEAM-AD3LVE1Y", 1)]));
}

#[tokio::test]
async fn the_current_skus_are_required_in_any_order() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(4)).await;
    for wrong in [
        standard(2),
        skus(&[("TEAM-ST3L5TVD1Y", 1)]),
        skus(&[]),
        skus(&[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ST5TVD1Y", 4), ("TEAMLIC-ST5TVD1Y", 4)]),
    ] {
        let body = with(modify(&team, standard(5), true), "current_skus", wrong);
        assert_eq!(vendor.tag("skus/modify", body).await, "current_skus_mismatch");
    }
    let turned = skus(&[("TEAMLIC-ST5TVD1Y", 4), ("TEAM-ST3L5TVD1Y", 1)]);
    let body = with(modify(&team, standard(5), true), "current_skus", turned);
    assert_eq!(vendor.done("skus/modify", body).await["num_licensed_users"], 8);
}

#[tokio::test]
async fn plans_can_only_be_upgraded_immediately() {
    let vendor = Vendor::start().await;
    for (number, from, to, at_once) in [
        (1, "TEAM-ST3L5TVD1Y", "TEAM-ST3L5TVD1Y", true),
        (2, "TEAM-ST3L5TVD1Y", "TEAM-BIZ3L1Y", true),
        (3, "TEAM-ST3L5TVD1M", "TEAM-BIZPL3LAC1M", true),
        (4, "TEAM-AD3LVE1Y", "TEAM-BIZPL3L1Y", true),
        (5, "TEAM-BIZ3L1M", "TEAM-BIZ3L1Y", true),
        (6, "TEAM-ST3L5TVD1M", "TEAM-ST3L5TVD1Y", false),
        (7, "TEAM-AD3LVE1Y", "TEAM-AD3LVEAC1M", false),
        (8, "TEAM-AD3LVE1Y", "TEAM-ST3L5TVD1Y", false),
        (9, "TEAM-BIZ3L1Y", "TEAM-ST3L5TVD1M", false),
        (10, "TEAM-ST3L5TVD1Y", "EDU-300L1Y", false),
    ] {
        let team = vendor.created(number, skus(&[(from, 1)])).await;
        let new = skus(&[(to, 1)]);
        if at_once {
            assert_eq!(vendor.done("skus/modify", modify(&team, new, true)).await["sku_id"], to);
        } else {
            let refused = vendor.tag("skus/modify", modify(&team, new.clone(), true)).await;
            assert_eq!(refused, "immediate_change_not_allowed", "{from} to {to}");
            let later = vendor.done("skus/modify", modify(&team, new.clone(), false)).await;
            assert_eq!((&later["sku_id"], &later["renewal_state"]["skus"]), (&json!(from), &new));
        }
    }
}

#[tokio::test]
async fn another_commitment_immediately_starts_a_new_term() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, skus(&[("TEAM-BIZ3L1M", 1)])).await;
    vendor.pass(20);
    let moved = vendor.done("skus/modify", modify(&team, skus(&[("TEAM-BIZ3L1Y", 1)]), true)).await;
    let fresh = vendor.created(2, skus(&[("TEAM-BIZ3L1Y", 1)])).await;
    ends_like(&moved, &fresh);
    vendor.pass(13);
    vendor.done("cancel", of(&team)).await;
}

#[tokio::test]
async fn add_ons_are_added_immediately_and_removed_at_the_renewal() {
    let vendor = Vendor::start().await;
    let plain = skus(&[("TEAM-AD3LVE1Y", 1)]);
    let pack = |id| skus(&[("TEAM-AD3LVE1Y", 1), (id, 1)]);
    let team = vendor.created(1, plain.clone()).await;
    let stored = vendor.done("skus/modify", modify(&team, pack("TEAMADD-10TBAD1Y"), true)).await;
    assert_eq!(stored["current_state"]["space_quota"], 25_u64 << 40);
    for less in [plain.clone(), pack("TEAMADD-50TBAD1Y"), skus(&[("TEAM-BIZPL3L1Y", 1)])] {
        let refused = vendor.tag("skus/modify", modify(&stored, less, true)).await;
        assert_eq!(refused, "immediate_change_not_allowed");
    }
    let later = vendor.done("skus/modify", modify(&stored, plain, false)).await;
    assert_eq!(later["current_state"], stored["current_state"]);
    assert_eq!(later["renewal_state"], team["renewal_state"]);
}

#[tokio::test]
async fn a_trial_can_only_be_converted_to_paid() {
    let vendor = Vendor::start().await;
    let team = vendor.done("create", trial(1, "TEAM-ST3L5TVD1Y")).await;
    for body in [modify(&team, standard(1), true), with(modify(&team, standard(1), true), "is_trial", json!(true))] {
        assert_eq!(vendor.tag("skus/modify", body).await, "trial_not_allowed");
    }
    vendor.pass(29);
    let paid = with(modify(&team, standard(1), false), "is_trial", json!(false));
    let paid = vendor.done("skus/modify", paid).await;
    assert_eq!((&paid["num_licensed_users"], &paid["auto_renew"]), (&json!(4), &json!(true)));
    for state in ["current_state", "renewal_state"] {
        assert_eq!(paid[state]["is_trial"], false);
        assert_eq!(paid[state]["skus"], standard(1));
    }
    let fresh = vendor.created(2, standard(1)).await;
    ends_like(&paid, &fresh);

    let back = with(modify(&paid, standard(1), true), "is_trial", json!(true));
    assert_eq!(vendor.tag("skus/modify", back).await, "trial_not_allowed");
    let same = with(modify(&paid, standard(2), true), "is_trial", json!(false));
    assert_eq!(vendor.done("skus/modify", same).await["num_licensed_users"], 5);
}

#[tokio::test]
async fn new_skus_must_be_valid_and_the_team_active() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(4)).await;
    let wrong = skus(&[("TEAM-ST3L5TVD1Y", 1), ("TEAMLIC-ADVE1Y", 9)]);
    assert_eq!(vendor.tag("skus/modify", modify(&team, wrong, false)).await, "skus_invalid");
    vendor.done("cancel", of(&team)).await;
    assert_eq!(vendor.tag("skus/modify", modify(&team, standard(5), true)).await, "team_inactive");
}

#[tokio::test]
async fn auto_renew_is_set() {
    let vendor = Vendor::start().await;
    let team = vendor.created(1, standard(4)).await;
    for wanted in [false, false, true] {
        let body = with(of(&team), "new_auto_renew", json!(wanted));
        assert_eq!(vendor.done("auto_renew/modify", body).await["auto_renew"], wanted);
        assert_eq!(vendor.shown(&team).await["auto_renew"], wanted);
    }
    vendor.done("cancel", of(&team)).await;
    assert_eq!(vendor.tag("auto_renew/modify", with(of(&team), "new_auto_renew", json!(false))).await, "team_inactive");
}
