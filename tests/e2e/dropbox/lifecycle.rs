//! Suspension, cancellation and reactivation, which are possible only within 14 days of the order or the renewal.

use sandbox::dropbox::PARTNERS;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;

use super::demo::{
    ACTIVATE, ADVANCED, CANCEL, CREATE, HISTORY, HISTORY_STANDARD, STANDARD, STANDARD_LICENCE, STANDARD_MONTHLY,
    SUBSCRIPTION, SUSPEND, SYNCHRONIZE, TEAM, UPDATE, account, acting, days, known, order, with,
};
use crate::client::{Bss, merged, provisioned};

const SECOND: &str = "dbtid-AAH00000000000000000000000000000001.S2";

fn active(bss: &Bss) -> bool {
    bss.team()["active"].as_bool().unwrap()
}

#[tokio::test]
async fn both_are_possible_within_14_days_and_repeatable() {
    for path in [SUSPEND, CANCEL] {
        for age in [0, 13] {
            let bss = Bss::with_team(STANDARD, 3, json!({})).await;
            bss.stack.clock.advance(days(age));
            let first = bss.answer(path, &known(STANDARD, 3, json!({}))).await;
            assert_eq!(first, provisioned(SUBSCRIPTION), "{path} on day {age}");
            assert!(!active(&bss));
            bss.stack.clock.advance(days(20));
            for same in [known(STANDARD, 3, json!({})), json!({"ID": SUBSCRIPTION}), json!({"SubscriptionID": "S1"})] {
                assert_eq!(bss.answer(path, &same).await, first);
            }
            assert_eq!(bss.dropbox_writes(), ["create", "cancel"]);
        }
    }
}

#[tokio::test]
async fn both_are_refused_after_14_days_and_possible_after_the_renewal() {
    for path in [SUSPEND, CANCEL] {
        let bss = Bss::with_team(STANDARD_MONTHLY, 3, json!({})).await;
        let renews = bss.team()["end_date"].as_str().unwrap().to_owned();
        let body = known(STANDARD_MONTHLY, 3, json!({}));
        for _ in 0..2 {
            bss.stack.clock.advance(days(7));
        }
        bss.assert_rejected(ErrorCode::OutsideCancellationWindow, path, &body, &["14 days", &renews]).await;
        bss.stack.clock.advance(days(12));
        bss.assert_rejected(ErrorCode::OutsideCancellationWindow, path, &body, &["14 days", &renews]).await;
        // The rejected calls have no effect on later changes.
        bss.done(UPDATE, &known(STANDARD_MONTHLY, 4, json!({}))).await;
        assert!(active(&bss));
        bss.stack.clock.advance(days(6));
        assert_eq!(bss.done(path, &body).await, SUBSCRIPTION, "renewed a day or more ago");
        assert!(!active(&bss));
    }
}

#[tokio::test]
async fn the_days_are_those_of_the_year_of_a_yearly_plan() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.stack.clock.advance(days(60));
    let body = known(STANDARD, 3, json!({}));
    bss.assert_rejected(
        ErrorCode::OutsideCancellationWindow,
        CANCEL,
        &body,
        &[bss.team()["end_date"].as_str().unwrap()],
    )
    .await;
    bss.stack.clock.advance(days(306 + 12));
    bss.done(CANCEL, &body).await;
    assert!(!active(&bss));
}

#[tokio::test]
async fn a_rejection_of_a_cancellation_by_the_vendor_is_reported() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.dropbox_faults(json!([{
        "path": "/resellers/team/cancel", "status": 409, "body": {"error_summary": "not_in_grace_period/.."},
    }]));
    let message = bss.refused(ErrorCode::OutsideCancellationWindow, CANCEL, &known(STANDARD, 3, json!({}))).await;
    assert!(message.contains("14 days"), "{message}");
    assert!(active(&bss));
}

#[tokio::test]
async fn activate_reinstates_a_suspended_team_with_what_it_had() {
    for age in [0, 13, 40, 400] {
        let bss = Bss::with_team(STANDARD, 5, with(&[HISTORY])).await;
        bss.done(SUSPEND, &known(STANDARD, 5, with(&[HISTORY]))).await;
        bss.stack.clock.advance(days(age));
        let activate = known(STANDARD, 5, with(&[HISTORY]));
        assert_eq!(bss.answer(ACTIVATE, &activate).await, provisioned(SUBSCRIPTION));
        assert!(active(&bss));
        bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2), (HISTORY_STANDARD, 5)]);
        assert_eq!(bss.done(ACTIVATE, &activate).await, SUBSCRIPTION, "a live subscription is unchanged");
        assert_eq!(bss.dropbox_writes(), ["create", "cancel", "reinstate"]);
    }
}

#[tokio::test]
async fn activate_reinstates_a_cancelled_team_within_and_after_the_grace_period() {
    for age in [0, 13, 15, 300, 400] {
        let bss = Bss::with_team(STANDARD, 5, json!({})).await;
        bss.done(CANCEL, &known(STANDARD, 5, json!({}))).await;
        bss.stack.clock.advance(days(age));
        assert_eq!(bss.done(ACTIVATE, &json!({"ID": SUBSCRIPTION})).await, SUBSCRIPTION, "day {age}");
        assert!(active(&bss));
        bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2)]);
    }
}

#[tokio::test]
async fn activate_applies_a_decrease_and_an_increase() {
    for (seats, now, then) in [(8, 5, 5), (4, 2, 1)] {
        let bss = Bss::with_team(STANDARD, 5, json!({})).await;
        bss.done(SUSPEND, &known(STANDARD, 5, json!({}))).await;
        bss.done(ACTIVATE, &known(STANDARD, seats, json!({}))).await;
        bss.assert_team_will_have(
            &[(STANDARD, 1), (STANDARD_LICENCE, now)],
            &[(STANDARD, 1), (STANDARD_LICENCE, then)],
        );
    }
}

#[tokio::test]
async fn a_subscription_that_is_not_live_cannot_be_changed() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let calls = |bss: &Bss| bss.dropbox_calls().len();
    bss.done(SUSPEND, &known(STANDARD, 3, json!({}))).await;
    let before = calls(&bss);
    bss.assert_rejected(ErrorCode::StateConflict, UPDATE, &known(STANDARD, 4, json!({})), &["suspended", "Activate"])
        .await;
    bss.assert_rejected(
        ErrorCode::StateConflict,
        "addons/create",
        &known(STANDARD, 3, acting("Provision", &[HISTORY])),
        &["suspended"],
    )
    .await;
    assert_eq!(calls(&bss), before);
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let before = calls(&bss);
    bss.assert_rejected(ErrorCode::StateConflict, UPDATE, &known(STANDARD, 4, json!({})), &["cancelled", "Activate"])
        .await;
    bss.assert_rejected(ErrorCode::StateConflict, SUSPEND, &known(STANDARD, 3, json!({})), &["cancelled"]).await;
    assert_eq!(calls(&bss), before);
    bss.done(ACTIVATE, &known(STANDARD, 3, json!({}))).await;
    assert!(active(&bss));
    assert_eq!(
        bss.dropbox_writes(),
        ["create", "cancel", "reinstate"],
        "it was inactive already when it was cancelled"
    );
}

#[tokio::test]
async fn an_unknown_subscription_counts_as_cancelled_and_cannot_be_activated() {
    let bss = Bss::with_dropbox_account().await;
    assert_eq!(bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await, "dropbox-1001.S1");
    bss.assert_rejected(ErrorCode::SubscriptionUnknown, SUSPEND, &order(STANDARD, 3, json!({})), &["S1"]).await;
    bss.assert_rejected(ErrorCode::SubscriptionUnknown, ACTIVATE, &order(STANDARD, 3, json!({})), &["S1"]).await;
    assert_eq!(bss.stack.dropbox.calls(), []);
}

#[tokio::test]
async fn a_new_order_after_a_cancellation_reinstates_the_team() {
    let bss = Bss::with_team(STANDARD, 8, with(&[HISTORY])).await;
    bss.done(CANCEL, &known(STANDARD, 8, json!({}))).await;
    let second = |plan: &str, seats: u32| order(plan, seats, json!({"SubscriptionID": "S2"}));
    assert_eq!(bss.done(CREATE, &second(ADVANCED, 3)).await, SECOND);
    assert!(active(&bss));
    bss.assert_team_has(&[(ADVANCED, 1)]);
    assert_eq!(bss.team()["id"], TEAM);
    assert_eq!(bss.dropbox_writes(), ["create", "cancel", "reinstate"]);
    // The first subscription has ended. Calls for it have no effect.
    let after = bss.at_dropbox();
    assert_eq!(bss.done(CANCEL, &known(STANDARD, 8, json!({}))).await, SUBSCRIPTION);
    bss.assert_rejected(ErrorCode::SubscriptionExists, ACTIVATE, &known(STANDARD, 8, json!({})), &["S2"]).await;
    assert_eq!(bss.at_dropbox(), after);
}

#[tokio::test]
async fn a_new_order_may_be_of_a_lower_plan() {
    let bss = Bss::with_team(ADVANCED, 5, json!({})).await;
    bss.done(CANCEL, &known(ADVANCED, 5, json!({}))).await;
    bss.done(CREATE, &order(STANDARD, 3, json!({"SubscriptionID": "S2"}))).await;
    bss.assert_team_has(&[(STANDARD, 1)]);
}

#[tokio::test]
async fn a_new_order_long_after_a_cancellation_needs_the_same_package() {
    let bss = Bss::with_team(STANDARD, 5, json!({})).await;
    bss.done(CANCEL, &known(STANDARD, 5, json!({}))).await;
    bss.stack.clock.advance(days(30));
    let other = order(ADVANCED, 3, json!({"SubscriptionID": "S2"}));
    bss.assert_rejected(ErrorCode::StateConflict, CREATE, &other, &["14 days ago", "Order those"]).await;
    assert_eq!(bss.done(CREATE, &order(STANDARD, 5, json!({"SubscriptionID": "S2"}))).await, SECOND);
    bss.assert_team_has(&[(STANDARD, 1), (STANDARD_LICENCE, 2)]);
}

#[tokio::test]
async fn a_synchronization_between_the_two_orders_has_no_effect_with_the_same_admin() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    bss.done(SYNCHRONIZE, &account(json!({"ExternalID": "dropbox-1001", "Name": "Contoso Group"}))).await;
    assert_eq!(bss.done(CREATE, &order(STANDARD, 3, json!({"SubscriptionID": "S2"}))).await, SECOND);
    assert_eq!((bss.team()["id"].clone(), active(&bss)), (json!(TEAM), true));
}

#[tokio::test]
async fn a_new_order_for_another_admin_or_reseller_creates_another_team() {
    for changed in
        [json!({"email": "new@contoso.example"}), json!({"email": "b@contoso.example", "resellerid": "R-2002"})]
    {
        let bss = Bss::with_team(STANDARD, 3, json!({})).await;
        bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
        bss.done(SYNCHRONIZE, &account(json!({"ExternalID": "dropbox-1001", "SyncOptions": changed}))).await;
        let id = bss.done(CREATE, &order(STANDARD, 3, json!({"SubscriptionID": "S2"}))).await;
        let teams = bss.teams();
        assert_eq!(id, "dbtid-AAH00000000000000000000000000000002.S2");
        assert_eq!((&teams[0]["active"], &teams[1]["active"]), (&json!(false), &json!(true)));
        assert_eq!(teams[1]["invite_admin"], changed["email"]);
        bss.done(CANCEL, &json!({"ID": id, "SubscriptionID": "S2"})).await;
        assert_eq!(bss.teams()[1]["active"], false);
    }
}

#[tokio::test]
async fn a_team_that_ended_at_dropbox_is_restored_by_activate_only() {
    let bss = Bss::with_team(STANDARD, 5, json!({})).await;
    let [partner, _] = &PARTNERS;
    bss.as_distributor(partner, "cancel", &json!({"id": TEAM, "reseller_ids": ["R-2001"]})).await;
    bss.assert_rejected(ErrorCode::StateConflict, UPDATE, &known(STANDARD, 6, json!({})), &["Activate"]).await;
    let add = known(STANDARD, 5, acting("Provision", &[HISTORY]));
    bss.assert_rejected(ErrorCode::StateConflict, "addons/create", &add, &["Activate"]).await;
    bss.done(ACTIVATE, &known(STANDARD, 5, json!({}))).await;
    assert!(active(&bss));
}

#[tokio::test]
async fn a_team_whose_renewal_was_switched_off_is_renewed_as_long_as_it_is_sold() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let [partner, _] = &PARTNERS;
    let off = json!({"id": TEAM, "reseller_ids": ["R-2001"], "new_auto_renew": false});
    bss.as_distributor(partner, "auto_renew/modify", &off).await;
    bss.done(UPDATE, &known(STANDARD, 3, json!({}))).await;
    assert_eq!(bss.team()["auto_renew"], true);
}

#[tokio::test]
async fn a_lost_response_of_cancel_or_reinstate_is_resolved_by_a_read() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let lost = |action: &str| json!([{"path": format!("/resellers/team/{action}"), "times": 1, "drop": "after"}]);
    bss.dropbox_faults(lost("cancel"));
    assert_eq!(bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await, SUBSCRIPTION);
    assert!(!active(&bss));
    bss.dropbox_faults(lost("reinstate"));
    assert_eq!(bss.done(ACTIVATE, &known(STANDARD, 3, json!({}))).await, SUBSCRIPTION);
    assert!(active(&bss));
    assert_eq!(bss.dropbox_writes(), ["create", "cancel", "reinstate"]);
    assert_eq!(bss.dropbox_calls().iter().filter(|call| *call == "cancel").count(), 1);
}

#[tokio::test]
async fn the_action_type_of_an_update_decides_the_kind_of_order() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    for (action, expected) in [("Suspend", false), ("Activate", true), ("Cancel", false)] {
        let body = known(STANDARD, 3, json!({"ActionType": action}));
        assert_eq!(bss.done(UPDATE, &body).await, SUBSCRIPTION);
        assert_eq!(bss.team()["active"], Value::from(expected), "{action}");
    }
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.stack.clock.advance(days(20));
    for action in ["Suspend", "Cancel"] {
        let body = known(STANDARD, 3, json!({"ActionType": action}));
        bss.assert_rejected(ErrorCode::OutsideCancellationWindow, UPDATE, &body, &["14 days"]).await;
    }
}

#[tokio::test]
async fn activate_does_not_allow_a_lower_plan() {
    let bss = Bss::with_team(ADVANCED, 5, json!({})).await;
    bss.done(SUSPEND, &known(ADVANCED, 5, json!({}))).await;
    bss.assert_rejected(ErrorCode::DowngradeRefused, ACTIVATE, &known(STANDARD, 5, json!({})), &["Dropbox Advanced"])
        .await;
}

#[tokio::test]
async fn a_suspended_subscription_remains_the_accounts() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(SUSPEND, &known(STANDARD, 3, json!({}))).await;
    bss.assert_rejected(
        ErrorCode::SubscriptionExists,
        CREATE,
        &order(STANDARD, 3, json!({"SubscriptionID": "S2"})),
        &["S1"],
    )
    .await;
}

#[tokio::test]
async fn suspending_and_activating_does_not_extend_the_grace_period() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let body = known(STANDARD, 3, json!({}));
    bss.done(SUSPEND, &body).await;
    bss.stack.clock.advance(days(20));
    bss.done(ACTIVATE, &body).await;
    bss.assert_rejected(ErrorCode::OutsideCancellationWindow, CANCEL, &body, &["14 days"]).await;
    assert!(active(&bss));
}

#[tokio::test]
async fn a_team_missing_after_its_cancellation_is_replaced_by_the_new_order() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    bss.stack.dropbox.reset().unwrap();
    // The sandbox restarts its ids.
    bss.foreign_team(&PARTNERS[1], "Other", "it@other.example").await;
    let second = order(STANDARD, 4, json!({"SubscriptionID": "S2"}));
    assert_eq!(bss.done(CREATE, &second).await, SECOND.replace("01.", "02."));
    assert_eq!((bss.teams().len(), &bss.teams()[1]["active"]), (2, &json!(true)));
    bss.done(CANCEL, &second).await;
    assert_eq!(bss.teams()[1]["active"], false);
}

#[tokio::test]
async fn a_team_is_cancelled_with_its_own_reseller_id() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(SYNCHRONIZE, &account(json!({"ExternalID": "dropbox-1001", "SyncOptions": {"resellerid": "R-2002"}})))
        .await;
    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
    bss.done(CANCEL, &known(STANDARD, 4, json!({}))).await;
    assert_eq!(bss.team()["active"], false);
    bss.done(ACTIVATE, &known(STANDARD, 4, json!({}))).await;
    assert_eq!(bss.team()["active"], true);
}

#[tokio::test]
async fn a_repeated_cancellation_of_a_lost_order_returns_the_same_id() {
    let bss = Bss::with_dropbox_account().await;
    bss.dropbox_faults(json!([
        {"path": "/resellers/team/create", "times": 1, "drop": "after"},
        {"path": "/resellers/team/list2", "after": 1, "times": 3, "status": 503},
    ]));
    bss.answer(CREATE, &order(STANDARD, 3, json!({}))).await;
    bss.dropbox_faults(json!([]));
    bss.stack.clock.advance(days(1));
    let cancelled = bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await;
    assert_eq!(cancelled, SUBSCRIPTION);
    assert_eq!(bss.done(CANCEL, &order(STANDARD, 3, json!({}))).await, cancelled);
    assert!(!active(&bss));
}

#[tokio::test]
async fn a_check_returns_the_id_of_a_known_team() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    let again = order(STANDARD, 3, json!({"SubscriptionID": "S2"}));
    let checked = bss.answer(CREATE, &merged(again.clone(), json!({"CheckOnly": true}))).await;
    assert_eq!(bss.answer(CREATE, &again).await, checked);
}

#[tokio::test]
async fn a_new_order_under_another_reseller_for_the_same_admin_is_refused() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.done(CANCEL, &known(STANDARD, 3, json!({}))).await;
    bss.done(SYNCHRONIZE, &account(json!({"ExternalID": "dropbox-1001", "SyncOptions": {"resellerid": "R-2002"}})))
        .await;
    let again = order(STANDARD, 3, json!({"SubscriptionID": "S2"}));
    bss.assert_rejected(ErrorCode::StateConflict, CREATE, &again, &["R-2001", "R-2002"]).await;
}
