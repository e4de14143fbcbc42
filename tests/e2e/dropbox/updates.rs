//! Changes of plan, licences and commitment: increases take effect immediately, decreases at the renewal.

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    ADVANCED, ADVANCED_LICENCE, BUSINESS, BUSINESS_MONTHLY, EDUCATION, HISTORY, HISTORY_ADVANCED, HISTORY_STANDARD,
    PACK, PACK_ADVANCED, STANDARD, STANDARD_BY_THE_MONTH, STANDARD_LICENCE, STANDARD_MONTHLY, SUBSCRIPTION, UPDATE,
    acting, days, known, skus, with,
};
use crate::client::{Bss, provisioned};

#[tokio::test]
async fn more_licences_take_effect_immediately() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let more = known(STANDARD, 8, json!({}));
    assert_eq!(bss.answer(UPDATE, &more).await, provisioned(SUBSCRIPTION));
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 5)]);
    assert_eq!(bss.answer(UPDATE, &more).await, provisioned(SUBSCRIPTION));
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
}

#[tokio::test]
async fn fewer_licences_take_effect_at_the_renewal() {
    let bss = Bss::with_team(STANDARD, 8, json!({})).await;
    let fewer = known(STANDARD, 5, json!({}));
    assert_eq!(bss.done(UPDATE, &fewer).await, SUBSCRIPTION);
    let then = [(STANDARD, 1), (STANDARD_LICENCE, 2)];
    bss.assert_team_will_have(&[(STANDARD, 1), (STANDARD_LICENCE, 5)], &then);
    assert_eq!(bss.done(UPDATE, &fewer).await, SUBSCRIPTION);
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
    bss.stack.clock.advance(days(366));
    bss.assert_team_has(&then);
    bss.done(UPDATE, &fewer).await;
    assert_eq!(bss.dropbox_writes().len(), 2, "it is so");
}

#[tokio::test]
async fn a_decrease_can_be_reverted_by_an_increase() {
    let bss = Bss::with_team(STANDARD, 8, json!({})).await;
    bss.done(UPDATE, &known(STANDARD, 3, json!({}))).await;
    bss.assert_team_will_have(&[(STANDARD, 1), (STANDARD_LICENCE, 5)], &[(STANDARD, 1)]);
    bss.done(UPDATE, &known(STANDARD, 8, json!({}))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 5)]);
    bss.done(UPDATE, &known(STANDARD, 3, json!({}))).await;
    bss.done(UPDATE, &known(STANDARD, 9, json!({}))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 6)]);
}

#[tokio::test]
async fn fewer_than_the_minimum_are_refused() {
    let bss = Bss::with_team(STANDARD, 5, json!({})).await;
    let calls = bss.dropbox_writes();
    bss.assert_rejected(ErrorCode::SeatsInvalid, UPDATE, &known(STANDARD, 2, json!({})), &["3 licences"]).await;
    assert_eq!(bss.dropbox_writes(), calls);
}

#[tokio::test]
async fn an_upgrade_is_immediate_and_keeps_the_add_ons() {
    let bss = Bss::with_team(STANDARD, 5, with(&[HISTORY])).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2), (HISTORY_STANDARD, 5)]);
    let mut upgrade = known(ADVANCED, 5, with(&[HISTORY]));
    upgrade["ActionType"] = json!("Upgrade");
    assert_eq!(bss.done(UPDATE, &upgrade).await, SUBSCRIPTION);
    bss.assert_team_has(&[(ADVANCED, 1), (ADVANCED_LICENCE, 2), (HISTORY_ADVANCED, 5)]);
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
}

#[tokio::test]
async fn an_upgrade_is_immediate_and_fewer_licences_wait_for_the_renewal() {
    let bss = Bss::with_team(STANDARD, 8, json!({})).await;
    bss.done(UPDATE, &known(ADVANCED, 4, with(&[PACK]))).await;
    bss.assert_team_will_have(
        &[(ADVANCED, 1), (ADVANCED_LICENCE, 5), (PACK_ADVANCED, 1)],
        &[(ADVANCED, 1), (ADVANCED_LICENCE, 1), (PACK_ADVANCED, 1)],
    );
}

#[tokio::test]
async fn an_upgrade_keeps_what_was_ordered_for_the_renewal() {
    let bss = Bss::with_team(STANDARD, 8, json!({})).await;
    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
    bss.done(UPDATE, &known(ADVANCED, 4, json!({}))).await;
    bss.assert_team_will_have(&[(ADVANCED, 1), (ADVANCED_LICENCE, 5)], &[(ADVANCED, 1), (ADVANCED_LICENCE, 1)]);
}

#[tokio::test]
async fn an_upgrade_to_a_plan_without_the_add_on_is_refused_until_it_is_removed() {
    let bss = Bss::with_team(STANDARD, 3, with(&[HISTORY])).await;
    bss.assert_rejected(
        ErrorCode::AddonInvalid,
        UPDATE,
        &known(BUSINESS, 3, with(&[HISTORY])),
        &["Extended Version History", "Dropbox Business"],
    )
    .await;
}

#[tokio::test]
async fn a_downgrade_is_refused() {
    let bss = Bss::with_team(ADVANCED, 3, json!({})).await;
    for plan in [STANDARD, BUSINESS, STANDARD_MONTHLY, BUSINESS_MONTHLY] {
        let names = ["Dropbox Advanced", if plan.contains("BIZ") { "Dropbox Business" } else { "Dropbox Standard" }];
        let mut body = known(plan, 3, json!({}));
        body["ActionType"] = json!("Downgrade");
        bss.assert_rejected(ErrorCode::DowngradeRefused, UPDATE, &body, &names).await;
    }
    assert_eq!(bss.dropbox_writes(), ["create"]);
}

#[tokio::test]
async fn another_commitment_takes_effect_at_the_renewal() {
    let bss = Bss::with_team(STANDARD_MONTHLY, 3, json!({})).await;
    bss.done(UPDATE, &known(STANDARD, 3, json!({}))).await;
    bss.assert_team_will_have(&[(STANDARD_MONTHLY, 1)], &[(STANDARD, 1)]);
    bss.stack.clock.advance(days(32));
    bss.assert_team_has(&[(STANDARD, 1)]);
    bss.done(UPDATE, &known(STANDARD_BY_THE_MONTH, 3, json!({}))).await;
    bss.assert_team_will_have(&[(STANDARD, 1)], &[(STANDARD_BY_THE_MONTH, 1)]);
}

#[tokio::test]
async fn more_licences_are_immediate_with_another_commitment() {
    let bss = Bss::with_team(STANDARD_MONTHLY, 3, json!({})).await;
    bss.done(UPDATE, &known(STANDARD, 5, json!({}))).await;
    let now = skus(&[(STANDARD_MONTHLY, 1), ("TEAMLIC-ST5TVD1M", 2)]);
    assert_eq!(bss.team_skus(), (now, skus(&[(STANDARD, 1), (STANDARD_LICENCE, 2)])));
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify", "skus/modify"]);
}

#[tokio::test]
async fn business_changes_its_commitment_immediately() {
    let bss = Bss::with_team(BUSINESS_MONTHLY, 3, json!({})).await;
    bss.done(UPDATE, &known(BUSINESS, 3, json!({}))).await;
    bss.assert_team_has(&[(BUSINESS, 1)]);
    assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
}

#[tokio::test]
async fn education_is_a_separate_product_line() {
    let calls = async |has: &str, seats: u32, wanted: &str, wanted_seats: u32| {
        let bss = Bss::with_team(has, seats, json!({})).await;
        bss.assert_rejected(
            ErrorCode::StateConflict,
            UPDATE,
            &known(wanted, wanted_seats, json!({})),
            &["Dropbox Education"],
        )
        .await;
        bss.dropbox_writes()
    };
    assert_eq!(calls(EDUCATION, 300, ADVANCED, 300).await, ["create"]);
    assert_eq!(calls(STANDARD, 3, EDUCATION, 300).await, ["create"]);
}

#[tokio::test]
async fn a_team_with_an_unknown_sku_is_not_changed() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let mut team = bss.team();
    team["current_state"]["skus"] = skus(&[(STANDARD, 1), ("TEAMADD-NEW", 3)]);
    bss.dropbox_faults(json!([{"path": "/resellers/team/get", "status": 200, "body": team}]));
    bss.assert_rejected(
        ErrorCode::NoSuitablePlan,
        UPDATE,
        &known(STANDARD, 4, json!({})),
        &["TEAMADD-NEW", "catalogue"],
    )
    .await;
}

#[tokio::test]
async fn a_concurrent_change_at_the_vendor_is_not_overwritten() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let (old, partner) = (bss.team(), sandbox::dropbox::PARTNERS[0]);
    let change = json!({
        "id": old["id"], "reseller_ids": ["D-1000", "R-2001"], "force_immediate": true,
        "current_skus": skus(&[(STANDARD, 1)]), "new_skus": skus(&[(STANDARD, 1), (STANDARD_LICENCE, 4)]),
    });
    bss.as_distributor(&partner, "skus/modify", &change).await;
    // The first read returns the team's old state.
    bss.dropbox_faults(json!([{"path": "/resellers/team/get", "times": 1, "status": 200, "body": old}]));
    bss.done(UPDATE, &known(STANDARD, 5, json!({}))).await;
    bss.assert_team_will_have(&[(STANDARD, 1), (STANDARD_LICENCE, 4)], &[(STANDARD, 1), (STANDARD_LICENCE, 2)]);
}

#[tokio::test]
async fn a_success_without_effect_is_detected() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.dropbox_faults(json!([{"path": "/resellers/team/skus/modify", "status": 200, "body": bss.team()}]));
    let message = bss.refused(ErrorCode::VendorRefused, UPDATE, &known(STANDARD, 5, json!({}))).await;
    assert!(message.contains("does not show it"), "{message}");
    bss.dropbox_faults(json!([]));
    bss.done(UPDATE, &known(STANDARD, 5, json!({}))).await;
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2)]);
}

#[tokio::test]
async fn a_lost_response_of_a_change_is_resolved_by_a_read() {
    for fault in [json!({"drop": "after"}), json!({"status": 502, "act": true})] {
        let bss = Bss::with_team(STANDARD, 3, json!({})).await;
        let mut rule: Value = fault;
        rule["path"] = json!("/resellers/team/skus/modify");
        bss.dropbox_faults(json!([rule]));
        assert_eq!(bss.done(UPDATE, &known(STANDARD, 5, json!({}))).await, SUBSCRIPTION);
        bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2)]);
        assert_eq!(bss.dropbox_writes(), ["create", "skus/modify"]);
    }
}

#[tokio::test]
async fn an_add_on_unavailable_with_the_higher_plan_blocks_the_upgrade_until_the_renewal() {
    let bss = Bss::with_team(STANDARD, 3, with(&[HISTORY])).await;
    let named = ["Extended Version History", "Dropbox Business, annual", "is paid until"];
    bss.assert_rejected(ErrorCode::AddonInvalid, UPDATE, &known(BUSINESS, 3, json!({})), &named).await;
    bss.done("addons/cancel", &known(STANDARD, 3, acting("Cancel", &[HISTORY]))).await;
    bss.assert_rejected(ErrorCode::AddonInvalid, UPDATE, &known(BUSINESS, 3, json!({})), &named).await;
    bss.stack.clock.advance(days(366));
    bss.done(UPDATE, &known(BUSINESS, 3, json!({}))).await;
    bss.assert_team_has(&[(BUSINESS, 1)]);
}
