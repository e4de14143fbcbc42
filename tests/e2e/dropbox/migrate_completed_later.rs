//! Moves of a team that are completed later: by the recovery, or beside other calls.

use std::time::Duration;

use jiff::SignedDuration;
use sandbox::background;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::provisioning::migrations::Outcome;

use super::demo::{STANDARD, STANDARD_BY_THE_MONTH, SUSPEND, SYNCHRONIZE, UPDATE, account, days, known, reseller};
use super::migrate::{
    FROM, MIGRATE, TO, assert_moved, assigned_to, day, event, failed, item, run, to_be_moved, unreadable,
};
use crate::client::Bss;

impl Bss {
    /// Cuts off the move of a team when it is sent. With `act`, Dropbox moves the team.
    async fn cut_off_the_move(&self, act: bool) {
        self.dropbox_faults(unreadable(8, act));
        assert_eq!(failed(self, json!({})).await, ErrorCode::OutcomeUnknown);
        self.dropbox_faults(json!([]));
    }
}

#[tokio::test]
async fn the_recovery_completes_a_move_that_was_cut_off() {
    let bss = to_be_moved(STANDARD).await;
    bss.cut_off_the_move(true).await;
    let more = known(STANDARD, 4, json!({}));
    bss.refused(ErrorCode::MissingAtVendor, UPDATE, &more).await;
    let report = bss.recover().await;
    assert_eq!((report.recovered, report.stuck), (1, 0));
    assert_moved(&bss, [FROM, TO]).await;
    bss.done(UPDATE, &more).await;
    assert_eq!(bss.dropbox_writes(), ["create", "migrate", "skus/modify"]);
}

#[tokio::test]
async fn the_day_of_the_bill_is_that_of_the_move_that_was_sent() {
    for act in [true, false] {
        let bss = to_be_moved(STANDARD_BY_THE_MONTH).await;
        let first = run(&bss, json!({"dryRun": true})).await.billed_from.unwrap();
        let month = first.to_string();
        assert!(month.as_str() < day(bss.term_end()).as_str(), "the next month, not the next year: {month}");
        bss.cut_off_the_move(act).await;
        bss.stack.clock.advance(days(35));
        if !act {
            let report = bss.recover().await;
            assert_eq!((report.recovered, report.stuck), (0, 1), "the former reseller has paid another month");
            assert_eq!(bss.team()["reseller_ids"], json!(["D-1000", FROM]));
        }
        let moved = run(&bss, json!({})).await;
        assert_eq!(moved.outcome, Outcome::Moved, "{moved:?}");
        let later = moved.billed_from.unwrap();
        assert!(if act { later == first } else { later > first }, "{first} {later}");
        assert_moved(&bss, [FROM, TO]).await;
    }
}

#[tokio::test]
async fn two_runs_at_once_move_the_team_once() {
    let bss = to_be_moved(STANDARD).await;
    let once = event(json!({}));
    let app = &bss.stack.app;
    // One of them may see the team before and after the move, and fail.
    let _ = tokio::join!(background::migrate_team(app, &once), background::migrate_team(app, &once));
    assert_eq!(run(&bss, json!({})).await.outcome, Outcome::Moved);
    assert_moved(&bss, [FROM, TO]).await;
    assert_eq!(bss.dropbox_writes(), ["create", "migrate"]);
}

#[tokio::test]
async fn a_synchronization_meanwhile_keeps_the_move_and_the_day_of_the_bill() {
    let bss = to_be_moved(STANDARD_BY_THE_MONTH).await;
    let first = run(&bss, json!({"dryRun": true})).await.billed_from.unwrap();
    bss.cut_off_the_move(true).await;
    bss.stack.clock.advance(days(35));
    let renamed = json!({"ExternalID": "dropbox-1001", "Name": "Contoso AG", "SyncOptions": {"resellerid": TO}});
    bss.done(SYNCHRONIZE, &account(renamed)).await;
    let report = bss.recover().await;
    assert_eq!((report.recovered, report.stuck), (1, 0));
    assert_moved(&bss, [FROM, TO]).await;
    let billed_from = item(&bss).await["tenant"]["M"]["moved"]["M"]["billed_from"]["S"].clone();
    assert_eq!(billed_from, first.to_string());
}

#[tokio::test]
async fn an_order_meanwhile_keeps_the_move_of_a_live_team() {
    for (call, seats, recovered) in [(UPDATE, 4, 1), (SUSPEND, 3, 0)] {
        let bss = to_be_moved(STANDARD).await;
        bss.cut_off_the_move(false).await;
        bss.done(call, &known(STANDARD, seats, json!({}))).await;
        let report = bss.recover().await;
        assert_eq!((report.recovered, report.stuck), (recovered, 0), "{call}");
        let owner = if recovered == 1 { TO } else { FROM };
        assert_eq!(bss.team()["reseller_ids"], json!(["D-1000", owner]), "{call}");
        assert_eq!(item(&bss).await["job"], Value::Null, "{call}");
    }
}

#[tokio::test]
async fn a_run_whose_lease_lapsed_does_not_call_the_move_refused() {
    let bss = to_be_moved(STANDARD).await;
    bss.dropbox_faults(json!([{"path": MIGRATE, "times": 1, "delay_ms": 4000}]));
    let meanwhile = async {
        let look = async {
            while bss.stack.dropbox.faults().in_flight() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), look).await.unwrap();
        bss.stack.clock.advance(SignedDuration::from_mins(1));
        run(&bss, json!({})).await
    };
    let (lapsed, other) = tokio::join!(run(&bss, json!({})), meanwhile);
    assert_eq!((lapsed.outcome, other.outcome), (Outcome::Moved, Outcome::Moved), "{lapsed:?}");
    assert_moved(&bss, [FROM, TO]).await;
}

#[tokio::test]
async fn the_recovery_moves_no_team_that_the_bss_has_under_another_reseller_by_now() {
    for act in [false, true] {
        let bss = Bss::with_team(STANDARD, 3, json!({})).await;
        bss.done(SYNCHRONIZE, &reseller(json!({}))).await;
        let under = json!({"ExternalID": "dropbox-1001", "ResellerID": "2001", "SyncOptions": {"resellerid": ""}});
        bss.done(SYNCHRONIZE, &account(under)).await;
        bss.cut_off_the_move(act).await;
        let corrected = json!({"ExternalID": "dropbox-2001", "SyncOptions": {"resellerid": "R-2003"}});
        bss.done(SYNCHRONIZE, &reseller(corrected)).await;
        let report = bss.recover().await;
        assert_eq!((report.recovered, report.stuck), (1, 0), "{act}");
        assert_eq!(bss.dropbox_writes(), ["create", "migrate"], "{act}");
        // A move that was made is recorded.
        let tenant = item(&bss).await["tenant"]["M"]["reseller_id"]["S"].clone();
        assert_eq!(tenant, if act { TO } else { FROM });
        assert_eq!(bss.team()["reseller_ids"], json!(["D-1000", tenant]), "{act}");
    }
}

#[tokio::test]
async fn the_recovery_completes_the_move_of_a_trial_on_another_day() {
    let bss = Bss::with_team(STANDARD, 3, json!({"IsTrial": true})).await;
    assigned_to(&bss, TO).await;
    let begun = day(bss.stack.clock.now());
    bss.cut_off_the_move(false).await;
    bss.stack.clock.advance(days(1));
    let report = bss.recover().await;
    assert_eq!((report.recovered, report.stuck), (1, 0));
    assert_moved(&bss, [FROM, TO]).await;
    assert_eq!(item(&bss).await["tenant"]["M"]["moved"]["M"]["billed_from"]["S"], begun);
}
