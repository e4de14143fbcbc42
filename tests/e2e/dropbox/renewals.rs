//! Notices before the renewal of an annual term, and the outlook on it in the answers of the last 60 days.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use service_manager::provisioning::renewals::{self, Report};

use super::demo::{
    ADVANCED, CREATE, HISTORY, STANDARD, STANDARD_BY_THE_MONTH, STANDARD_MONTHLY, SUBSCRIPTION, SUSPEND, SYNCHRONIZE,
    UPDATE, account, acting, days, known, order, with,
};
use crate::client::{Bss, provisioned};

/// Number of runs so far. Each run has its own id.
static RUNS: AtomicU32 = AtomicU32::new(0);

pub const NOTHING: Report = Report { noticed: 0, ended: 0, converted: 0, stuck: 0 };
pub const ONE_NOTICE: Report = Report { noticed: 1, ..NOTHING };
pub const ENDED: Report = Report { ended: 1, ..NOTHING };
pub const CONVERTED: Report = Report { converted: 1, ..NOTHING };
pub const NOTICED_AND_ENDED: Report = Report { noticed: 1, ..ENDED };
pub const NOTICED_AND_CONVERTED: Report = Report { noticed: 1, ..CONVERTED };
pub const STUCK: Report = Report { stuck: 1, ..NOTHING };

impl Bss {
    /// Runs what the schedule runs for renewals and the ends of trials.
    pub async fn look_at_renewals(&self) -> Report {
        let run_id = format!("renewals {}", RUNS.fetch_add(1, Ordering::SeqCst));
        renewals::run(&self.stack.app, &run_id, Duration::from_mins(1)).await.unwrap()
    }

    /// Returns the end of the first team's term.
    pub fn term_end(&self) -> Timestamp {
        self.teams()[0]["end_datetime"].as_str().unwrap().parse().unwrap()
    }

    /// Advances the clock to `left` days before `end`, and a minute.
    pub fn go_to(&self, end: Timestamp, left: i64) {
        let target = end - days(left) + SignedDuration::from_mins(1);
        let left = target.duration_since(self.stack.clock.now());
        self.stack.clock.advance(left.max(SignedDuration::ZERO));
    }

    /// Returns the record of the subscription `id`, in the table's format.
    pub async fn subscription_record(&self, id: &str) -> Value {
        let mut records = self.records().await.into_iter().filter(|item| item["sk"]["S"] == "subscription");
        records.find(|item| item["id"]["S"] == id).unwrap()
    }
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn an_annual_term_has_a_notice_at_60_30_and_7_days_each_once() {
    for plan in [STANDARD, STANDARD_BY_THE_MONTH] {
        let bss = Bss::with_team(plan, 8, json!({})).await;
        bss.done(UPDATE, &known(plan, 5, json!({}))).await;
        let end = bss.term_end();
        let writes = bss.dropbox_writes();
        for (left, report) in [
            (300, NOTHING),
            (61, NOTHING),
            (60, ONE_NOTICE),
            (60, NOTHING),
            (31, NOTHING),
            (30, ONE_NOTICE),
            (29, NOTHING),
            (7, ONE_NOTICE),
            (1, NOTHING),
        ] {
            bss.go_to(end, left);
            assert_eq!(bss.look_at_renewals().await, report, "{left} days before the end of {plan}");
        }
        let reads = bss.dropbox_calls().len();
        assert_eq!(bss.look_at_renewals().await, NOTHING);
        assert_eq!(bss.dropbox_calls().len(), reads, "nothing is due, so nothing is read");
        // The renewal, with fewer licences. The look after it finds the next term.
        bss.go_to(end, -1);
        assert_eq!(bss.team()["num_licensed_users"], 5);
        assert_eq!(bss.look_at_renewals().await, NOTHING);
        let record = bss.subscription_record("S1").await;
        let next = bss.term_end();
        assert_eq!(record["renewal"]["M"]["term"]["M"]["ends_at"]["S"], next.to_string());
        assert_eq!(record["renewal"]["M"]["term"]["M"]["contents"]["M"]["licences"]["N"], "5");
        assert_eq!(record["billed"]["M"]["quantity"]["N"], "5");
        bss.go_to(next, 60);
        assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
        assert_eq!(bss.dropbox_writes(), writes, "a look changes nothing at Dropbox");
        assert_eq!(bss.stack.connectwise.calls(), [], "a team has no addition in ConnectWise");
    }
}

#[tokio::test]
async fn monthly_terms_have_no_notice() {
    let bss = Bss::with_team(STANDARD_MONTHLY, 3, json!({})).await;
    let reads = bss.dropbox_calls().len();
    for _ in 0..8 {
        bss.stack.clock.advance(days(9));
        assert_eq!(bss.look_at_renewals().await, NOTHING);
    }
    assert_eq!(bss.dropbox_calls().len(), reads);
}

#[tokio::test]
async fn a_monthly_plan_that_becomes_annual_has_notices_from_then_on() {
    let bss = Bss::with_team(STANDARD_MONTHLY, 3, json!({})).await;
    let renewal = bss.term_end();
    bss.done(UPDATE, &known(STANDARD, 3, json!({}))).await;
    let next = bss.term_end();
    assert_eq!(next, renewal, "the commitment changes at the renewal");
    bss.go_to(renewal, 1);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.go_to(renewal, -2);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.go_to(bss.term_end(), 60);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
}

#[tokio::test]
async fn missed_notices_are_one() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.go_to(bss.term_end(), 5);
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
}

#[tokio::test]
async fn orders_between_the_looks_neither_repeat_nor_lose_a_notice() {
    let bss = Bss::with_team(STANDARD, 8, json!({})).await;
    let end = bss.term_end();
    bss.go_to(end, 60);
    bss.done(UPDATE, &known(STANDARD, 6, json!({}))).await;
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    bss.go_to(end, 40);
    bss.done(UPDATE, &known(STANDARD, 5, json!({}))).await;
    bss.done(UPDATE, &known(STANDARD, 5, json!({}))).await;
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.go_to(end, 30);
    let (one, other) = tokio::join!(bss.look_at_renewals(), bss.look_at_renewals());
    assert_eq!(one.noticed + other.noticed, 1);
    assert_eq!((one.stuck, other.stuck), (0, 0));
}

#[tokio::test]
async fn a_look_that_fails_is_made_again_an_hour_later_and_does_not_hold_up_others() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    bss.go_to(bss.term_end(), 60);
    bss.dropbox_faults(json!([{"path": "/resellers/team/get", "status": 503}]));
    assert_eq!(bss.look_at_renewals().await, STUCK);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.dropbox_faults(json!([]));
    assert_eq!(bss.look_at_renewals().await, NOTHING);
    bss.stack.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(bss.look_at_renewals().await, ONE_NOTICE);
    bss.done(UPDATE, &known(STANDARD, 4, json!({}))).await;
}

#[tokio::test]
async fn a_team_that_is_not_live_has_no_notice() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    let end = bss.term_end();
    bss.done(SUSPEND, &known(STANDARD, 3, json!({}))).await;
    bss.go_to(end, 30);
    assert_eq!(bss.look_at_renewals().await, NOTHING);
}

#[tokio::test]
async fn an_answer_of_the_last_60_days_has_the_outlook() {
    let bss = Bss::with_team(ADVANCED, 8, with(&[HISTORY])).await;
    let end = bss.term_end();
    bss.go_to(end, 61);
    let fewer = |addons: Value| known(ADVANCED, 5, addons);
    assert_eq!(bss.answer(UPDATE, &fewer(with(&[HISTORY]))).await, provisioned(SUBSCRIPTION), "it is not near");
    bss.go_to(end, 45);
    let removed = bss.answer("addons/cancel", &fewer(acting("Cancel", &[HISTORY]))).await;
    assert_eq!(removed["Code"], 0, "{removed}");
    let answer = bss.answer(UPDATE, &fewer(json!({}))).await;
    let until = day(end + days(14));
    let message = format!(
        "The term is renewed on {end}. Until then: Dropbox Advanced, annual, 8 licences, Extended Version History. From then on: Dropbox Advanced, annual, 5 licences. This ends then: 3 licences, Extended Version History. Order changes of the renewal before that day. The renewed term can be cancelled until {until}.",
        end = day(end)
    );
    assert_eq!((&answer["Code"], &answer["Result"]), (&json!(0), &json!(SUBSCRIPTION)));
    assert_eq!(answer["Message"], message);
    assert_eq!(removed["Message"], message);
    assert_eq!(bss.answer(UPDATE, &fewer(json!({}))).await, answer, "the same call has the same answer");
    let checked = |seats| known(ADVANCED, seats, json!({"CheckOnly": true}));
    assert_eq!(bss.answer(UPDATE, &checked(5)).await, answer);
    let changing = bss.answer(UPDATE, &checked(6)).await;
    assert_eq!(changing, provisioned(SUBSCRIPTION), "the outlook after a change is not known before it");
}

#[tokio::test]
async fn many_renewals_are_looked_at_by_key() {
    let bss = Bss::with_team(STANDARD, 3, json!({})).await;
    for number in 2..5 {
        let customer = json!({"ID": format!("100{number}"), "SyncOptions": {"email": format!("it@{number}.example")}});
        bss.done(SYNCHRONIZE, &account(customer)).await;
        let account = json!({"ID": format!("100{number}"), "ExternalID": format!("dropbox-100{number}")});
        let body = json!({"SubscriptionID": format!("S{number}"), "Account": account});
        let plan = if number == 4 { STANDARD_MONTHLY } else { STANDARD };
        bss.done(CREATE, &order(plan, 3, body)).await;
    }
    bss.go_to(bss.term_end(), 59);
    assert_eq!(bss.look_at_renewals().await, Report { noticed: 3, ..NOTHING });
    assert_eq!(bss.look_at_renewals().await, NOTHING);
}
