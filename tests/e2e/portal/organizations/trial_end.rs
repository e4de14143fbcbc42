//! The end of a trial that was sold in the portal, and what follows it by the choice of its plan.

use jiff::Timestamp;
use reqwest::Method;
use sandbox::dropsuite::PARTNERS;
use serde_json::{Value, json};
use service_manager::provisioning::renewals::Report;

use crate::client::{BACKUP, ORGANIZATION, merged};
use crate::dropbox::renewals::{
    CONVERTED, ENDED, NOTHING, NOTICED_AND_CONVERTED, NOTICED_AND_ENDED, ONE_NOTICE, STUCK,
};
use crate::portal::links::billing_dates::{periods, prorated};
use crate::portal::msp::bodies::{BLUE_LIGHT, plan};
use crate::portal::msp::{ACTIVATE, CREATE_PLAN, Msp, ORDER, SUSPEND, UNLINK, UNSUBSCRIBE, UPDATE};

const UPDATE_PLAN: &str = "plans/update";
/// The day of the sale. The trial ends 14 days later, on the 16th.
pub const SOLD: &str = "2031-06-02T12:00:00Z";
const BEFORE_THE_END: &str = "2031-06-16T11:55:00Z";
pub const AFTER_THE_END: &str = "2031-06-16T12:10:00Z";
pub const AN_HOUR_LATER: &str = "2031-06-16T13:15:00Z";
pub const A_DAY_LATER: &str = "2031-06-17T12:30:00Z";

/// Returns an MSP that sold a trial of a plan with this choice.
async fn sold(trial_end: &str) -> Msp {
    let msp = Msp::set_up().await.at(SOLD).await;
    msp.done(CREATE_PLAN, &plan(json!({"trial": true, "trialEnd": trial_end}))).await;
    let sold = msp.done(ORDER, &prorated(json!({"startsOn": "today"}))).await;
    assert_eq!(sold["trialPeriod"]["atEnd"], trial_end, "{sold}");
    msp.wait_for_additions().await;
    msp
}

impl Msp {
    /// Returns its organization, as a page shows it.
    pub async fn shown(&self) -> Value {
        self.get(&format!("organizations/get?organization={ORGANIZATION}")).await
    }

    pub async fn looks(&self) -> Report {
        self.bss.look_at_renewals().await
    }

    /// Checks that the history has one entry of the action, by which the end of the trial is who changed it.
    async fn assert_changed_by_trial(&self, action: &str) {
        let page = self.with_new_session().await.get(&format!("history/list?action={action}")).await;
        assert_eq!(page["history"].as_array().unwrap().len(), 1, "{page}");
        let entry = &page["history"][0];
        assert_eq!((&entry["by"], &entry["channel"]), (&json!("trialEnd"), &json!("trialEnd")), "{entry}");
    }
}

/// Returns an MSP whose trial has had the notices before its end.
pub async fn announced(trial_end: &str) -> Msp {
    let msp = sold(trial_end).await;
    for (moment, report) in [
        ("2031-06-09T11:55:00Z", NOTHING),
        ("2031-06-09T12:10:00Z", ONE_NOTICE),
        ("2031-06-15T11:55:00Z", NOTHING),
        ("2031-06-15T12:10:00Z", ONE_NOTICE),
        (BEFORE_THE_END, NOTHING),
    ] {
        let (clock, moment) = (&msp.bss.stack.clock, moment.parse::<Timestamp>().unwrap());
        clock.advance(moment.duration_since(clock.now()));
        assert_eq!(msp.looks().await, report, "{moment}");
        assert_eq!(msp.looks().await, NOTHING, "{moment}, again");
    }
    msp.with_new_session().await
}

/// Returns the end of a trial in the words of a summary.
pub fn moment(end: &Value) -> String {
    let end: Timestamp = end.as_str().unwrap().parse().unwrap();
    end.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[tokio::test]
async fn by_default_nothing_is_changed_until_a_person_decides() {
    let msp = announced("ask").await;
    let before = msp.shown().await;
    let end = before["trialPeriod"]["endsAt"].clone();
    assert_eq!(before["summary"], format!("3 seats, Business Backup, trial until {}", moment(&end)));
    assert_eq!(before["trialPeriod"], json!({"endsAt": end, "over": false, "atEnd": "ask"}));
    assert_eq!(before["additions"][0]["trialPeriod"], before["trialPeriod"]);
    let writes = msp.bss.writes();
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, ONE_NOTICE);
    // A choice that is made after the end is for later trials.
    msp.done(UPDATE_PLAN, &json!({"plan": BACKUP, "trialEnd": "end"})).await;
    let msp = msp.at("2031-07-20T12:00:00Z").await;
    assert_eq!(msp.looks().await, NOTHING);
    let after = msp.shown().await;
    assert_eq!(after["summary"], format!("3 seats, Business Backup, trial, ended on {}", moment(&end)));
    assert_eq!(after["trialPeriod"], json!({"endsAt": end, "over": true, "atEnd": "ask"}));
    assert_eq!((&after["trial"], &after["state"]), (&json!(true), &json!("active")));
    assert_eq!(msp.bss.writes(), writes);
    assert_eq!(periods(&msp), ["3 2031-06-02 to - NoCharge"]);
    // The person decides.
    let paid = msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "trial": false})).await;
    assert_eq!((&paid["trial"], paid.get("trialPeriod")), (&json!(false), None));
    assert_eq!(msp.looks().await, NOTHING);
}

#[tokio::test]
async fn it_becomes_paid_and_is_billed_from_its_end() {
    let msp = announced("convert").await;
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, NOTICED_AND_CONVERTED);
    assert_eq!(msp.looks().await, NOTHING);
    msp.wait_for_additions().await;
    for moment in [AN_HOUR_LATER, "2031-06-20T12:00:00Z"] {
        let msp = msp.at(moment).await;
        assert_eq!(msp.looks().await, NOTHING, "{moment}");
    }
    msp.wait_for_additions().await;
    let after = msp.with_new_session().await.shown().await;
    assert_eq!((&after["trial"], &after["seats"], after.get("trialPeriod")), (&json!(false), &json!(3), None));
    assert_eq!(after["summary"], "3 seats, Business Backup, EUR 10.50 / month");
    assert_eq!(periods(&msp), ["3 2031-06-02 to 2031-06-15 NoCharge", "3 2031-06-16 to -"]);
    msp.assert_changed_by_trial("organizations/update").await;
}

#[tokio::test]
async fn it_is_cancelled() {
    let msp = announced("end").await;
    let writes = msp.bss.writes().len();
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, NOTICED_AND_ENDED);
    assert_eq!(msp.looks().await, NOTHING);
    assert_eq!(msp.bss.writes().len(), writes + 1, "{:?}", msp.bss.writes());
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    msp.wait_for_additions().await;
    let after = msp.shown().await;
    assert_eq!((&after["state"], after.get("trialPeriod")), (&json!("unsubscribed"), None));
    assert!(msp.addition()["cancelledDate"].is_string(), "{}", msp.addition());
    msp.assert_changed_by_trial("organizations/unsubscribe").await;
    // A person who wants the customer back gets a trial that ends later.
    msp.done(ACTIVATE, &json!({"company": BLUE_LIGHT})).await;
    assert_eq!(msp.looks().await, NOTHING);
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false}));
    assert_eq!(msp.shown().await["trialPeriod"]["over"], false);
}

#[tokio::test]
async fn missed_notices_are_one_and_the_end_follows() {
    let msp = sold("convert").await.at("2031-06-25T12:00:00Z").await;
    assert_eq!(msp.looks().await, NOTICED_AND_CONVERTED);
    assert_eq!(msp.shown().await["trial"], false);
}

#[tokio::test]
async fn nothing_happens_by_itself_to_a_trial_of_an_earlier_release_that_has_ended() {
    let msp = sold("end").await;
    let mut item = msp.bss.subscription_record("20-1").await;
    for name in ["trial_period", "work_shard", "work_due_at"] {
        item.as_object_mut().unwrap().remove(name).unwrap();
    }
    let put = json!({"TableName": msp.bss.stack.table, "Item": item});
    msp.bss.stack.dynamodb.call("PutItem", &put).await.unwrap();
    let msp = msp.at(A_DAY_LATER).await;
    assert_eq!(msp.looks().await, NOTHING);
    assert_eq!(msp.shown().await["trialPeriod"]["atEnd"], "ask");
    msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 4})).await;
    assert_eq!(msp.looks().await, NOTHING);
    let shown = msp.shown().await;
    assert_eq!((&shown["state"], &shown["trialPeriod"]["atEnd"]), (&json!("active"), &json!("ask")));
}

#[tokio::test]
async fn nothing_happens_by_itself_to_a_trial_without_a_link() {
    for trial_end in ["convert", "end"] {
        let msp = announced(trial_end).await;
        let row = msp.list("links").await[0].clone();
        msp.done(UNLINK, &json!({"application": row["application"], "account": row["account"]})).await;
        let writes = msp.bss.writes();
        let msp = msp.at(AFTER_THE_END).await;
        assert_eq!(msp.looks().await, ONE_NOTICE, "{trial_end}");
        assert_eq!(msp.bss.writes(), writes, "{trial_end}");
        let record = msp.bss.subscription_record("20-1").await;
        assert_eq!(record["trial_period"]["M"]["at_end"]["S"], "ask", "{trial_end}");
    }
}

#[tokio::test]
async fn the_choice_that_the_plan_has_at_the_end_counts() {
    let msp = announced("end").await;
    msp.done(UPDATE_PLAN, &json!({"plan": BACKUP, "trialEnd": "convert"})).await;
    assert_eq!(msp.shown().await["trialPeriod"]["atEnd"], "convert");
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, NOTICED_AND_CONVERTED);
    assert_eq!(msp.shown().await["state"], "active");
}

#[tokio::test]
async fn a_person_who_decided_before_the_end_wins() {
    for trial_end in ["convert", "end"] {
        for (path, body, state) in
            [(UPDATE, json!({"trial": false}), "active"), (UNSUBSCRIBE, json!({}), "unsubscribed")]
        {
            let msp = announced(trial_end).await;
            msp.done(path, &merged(json!({"company": BLUE_LIGHT}), body)).await;
            let writes = msp.bss.writes();
            let msp = msp.at(AFTER_THE_END).await;
            assert_eq!(msp.looks().await, NOTHING, "{trial_end} {path}");
            assert_eq!(msp.bss.writes(), writes, "{trial_end} {path}");
            let after = msp.shown().await;
            assert_eq!((&after["state"], &after["trial"]), (&json!(state), &json!(false)), "{trial_end} {path}");
        }
    }
}

#[tokio::test]
async fn a_person_who_cancelled_at_dropsuite_wins() {
    let msp = announced("convert").await;
    msp.bss.as_partner(&PARTNERS[0], Method::PUT, &format!("users/{ORGANIZATION}/unsubscribe")).await;
    let writes = msp.bss.writes();
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, ONE_NOTICE);
    let msp = msp.at(A_DAY_LATER).await;
    assert_eq!(msp.looks().await, NOTHING);
    assert_eq!(msp.bss.writes(), writes);
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": true}));
    assert_eq!(periods(&msp), ["3 2031-06-02 to - NoCharge"]);
}

#[tokio::test]
async fn a_suspended_trial_is_converted_once_it_is_active_again() {
    let msp = announced("convert").await;
    msp.done(SUSPEND, &json!({"company": BLUE_LIGHT})).await;
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, ONE_NOTICE);
    let msp = msp.at(A_DAY_LATER).await;
    assert_eq!(msp.looks().await, NOTHING);
    let shown = msp.shown().await;
    assert_eq!((&shown["state"], &shown["trial"]), (&json!("suspended"), &json!(true)));
    msp.done(ACTIVATE, &json!({"company": BLUE_LIGHT})).await;
    assert_eq!(msp.looks().await, CONVERTED);
    assert_eq!(msp.shown().await["state"], "active");
}

#[tokio::test]
async fn a_choice_that_was_recorded_at_the_end_decides() {
    let msp = announced("convert").await;
    msp.done(SUSPEND, &json!({"company": BLUE_LIGHT})).await;
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, ONE_NOTICE);
    msp.done(UPDATE_PLAN, &json!({"plan": BACKUP, "trialEnd": "end"})).await;
    assert_eq!(msp.shown().await["trialPeriod"]["atEnd"], "convert");
    let msp = msp.at(A_DAY_LATER).await;
    msp.done(ACTIVATE, &json!({"company": BLUE_LIGHT})).await;
    assert_eq!(msp.looks().await, CONVERTED);
    let shown = msp.shown().await;
    assert_eq!((&shown["state"], &shown["trial"]), (&json!("active"), &json!(false)));
}

#[tokio::test]
async fn a_suspended_trial_is_cancelled_as_any_other() {
    let msp = announced("end").await;
    msp.done(SUSPEND, &json!({"company": BLUE_LIGHT})).await;
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, NOTICED_AND_ENDED);
    assert_eq!(msp.shown().await["state"], "unsubscribed");
}

#[tokio::test]
async fn an_order_that_fails_is_made_again_an_hour_later() {
    for (trial_end, done) in [("convert", CONVERTED), ("end", ENDED)] {
        let msp = announced(trial_end).await.at(AFTER_THE_END).await;
        msp.bss.vendor_faults(json!([{"path": "*", "status": 503}]));
        assert_eq!(msp.looks().await, STUCK, "{trial_end}");
        msp.bss.vendor_faults(json!([]));
        assert_eq!(msp.looks().await, NOTHING, "{trial_end}");
        assert_eq!(msp.shown().await["trialPeriod"]["atEnd"], trial_end);
        let msp = msp.at(AN_HOUR_LATER).await;
        assert_eq!(msp.looks().await, done, "{trial_end}");
        assert_eq!(msp.shown().await["trial"], false, "{trial_end}");
    }
}

#[tokio::test]
async fn an_order_that_is_refused_waits_a_day_and_tells_the_reason() {
    let msp = announced("convert").await;
    msp.bss.at_vendor(ORGANIZATION, json!({"seats_used": 4})).await;
    let writes = msp.bss.writes();
    let msp = msp.at(AFTER_THE_END).await;
    assert_eq!(msp.looks().await, ONE_NOTICE, "it is not stuck");
    let refused = msp.shown().await["trialPeriod"].clone();
    assert_eq!((&refused["over"], &refused["atEnd"]), (&json!(true), &json!("convert")));
    assert!(refused["refusal"].as_str().unwrap().starts_with("You ordered 3 seats, but 4 are in use."), "{refused}");
    let version = msp.bss.subscription_record("20-1").await["version"].clone();
    let msp = msp.at(A_DAY_LATER).await;
    assert_eq!(msp.looks().await, NOTHING);
    assert_eq!(msp.bss.subscription_record("20-1").await["version"], version, "the same reason is written once");
    assert_eq!(msp.bss.writes(), writes);
    // The person's order clears the reason, and its seats fit.
    let updated = msp.done(UPDATE, &json!({"company": BLUE_LIGHT, "seats": 4})).await;
    assert_eq!(updated["trialPeriod"].get("refusal"), None, "{updated}");
    assert_eq!(msp.looks().await, CONVERTED);
    let shown = msp.shown().await;
    assert_eq!((&shown["trial"], &shown["seats"]), (&json!(false), &json!(4)));
}

#[tokio::test]
async fn refused_tokens_wait_a_day_without_an_alarm() {
    let msp = announced("convert").await.at(AFTER_THE_END).await;
    msp.bss.vendor_faults(json!([{"path": "*", "status": 401}]));
    assert_eq!(msp.looks().await, ONE_NOTICE);
    msp.bss.vendor_faults(json!([]));
    assert!(msp.shown().await["trialPeriod"]["refusal"].is_string());
    let msp = msp.at(AN_HOUR_LATER).await;
    assert_eq!(msp.looks().await, NOTHING);
    let msp = msp.at(A_DAY_LATER).await;
    assert_eq!(msp.looks().await, CONVERTED);
}

#[tokio::test]
async fn after_an_order_that_failed_a_person_may_still_choose_to_be_asked() {
    let msp = announced("end").await.at(AFTER_THE_END).await;
    msp.bss.vendor_faults(json!([{"path": "*", "status": 503}]));
    assert_eq!(msp.looks().await, STUCK);
    msp.bss.vendor_faults(json!([]));
    msp.done(UPDATE_PLAN, &json!({"plan": BACKUP, "trialEnd": "ask"})).await;
    for moment in [AN_HOUR_LATER, A_DAY_LATER] {
        let msp = msp.at(moment).await;
        assert_eq!(msp.looks().await, NOTHING);
        assert_eq!(msp.shown().await["trialPeriod"]["atEnd"], "ask");
    }
    msp.bss.assert_at_vendor(ORGANIZATION, &json!({"customer_deactivated": false}));
}

#[tokio::test]
async fn a_lost_answer_of_the_order_repeats_nothing() {
    // The cancellation is done, and its answer is lost.
    let msp = announced("end").await.at(AFTER_THE_END).await;
    msp.bss.vendor_faults(json!([{"method": "PUT", "path": "*", "times": 1, "drop": "after"}]));
    let writes = msp.bss.writes().len();
    assert_eq!(msp.looks().await, NOTICED_AND_ENDED);
    assert_eq!(msp.bss.writes().len(), writes + 1, "{:?}", msp.bss.writes());
}

#[tokio::test]
async fn a_look_without_settings_is_reported_and_changes_nothing() {
    let msp = announced("convert").await.at(AFTER_THE_END).await;
    msp.bss.lose("partner").await;
    let record = msp.bss.subscription_record("20-1").await;
    assert_eq!(msp.looks().await, STUCK);
    let after = msp.bss.subscription_record("20-1").await;
    assert_eq!((&after["version"], &after["trial_period"]), (&record["version"], &record["trial_period"]));
    assert_eq!(msp.looks().await, NOTHING, "it is made again an hour later");
}
