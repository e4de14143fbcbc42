//! The digest: one ticket a period about what needs attention, and none if nothing does.

use futures::future::join;
use jiff::{SignedDuration, Timestamp};
use sandbox::background::{audit, redrive, schedule};
use sandbox::connectwise::Settings;
use serde_json::{Value, json};

use crate::actions::tenant::Tenant;
use crate::portal::msp::bodies::{ACME, MANAGED, order};
use crate::portal::msp::{NOTHING, ORDER};

/// The MSP's own company in its ConnectWise.
const OWN: u32 = 2;

impl Tenant {
    async fn with_digest(every: &str, mailboxes: usize) -> Self {
        let tenant = Self::with_mailboxes(mailboxes).await;
        let msp = &tenant.msp;
        msp.done("ticketrules/save", &json!({"digest": {"every": every, "company": OWN}})).await;
        // The MSP's own organization is not linked.
        let own: Vec<_> =
            msp.audits().await["findings"].as_array().unwrap().iter().map(|found| found["id"].clone()).collect();
        assert_eq!(own, [json!("organizationWithoutLink/440001-6")]);
        msp.done("audit/dismiss", &json!({"findings": own, "note": "Our own"})).await;
        tenant
    }

    /// Returns one with a digest that ConnectWise refused, and would not refuse now.
    async fn with_refused_digest() -> Self {
        let tenant = Self::with_digest("daily", 3).await;
        tenant.fail(1).await;
        let free = tenant.requires_source();
        tenant.at("2031-05-16T11:00:00Z").await;
        assert_eq!(tenant.last().await["state"], "failed");
        tenant.msp.bss.stack.connectwise.set_settings(free);
        tenant
    }

    /// Lets the board refuse tickets without a source. Returns the settings before.
    fn requires_source(&self) -> Settings {
        let connectwise = &self.msp.bss.stack.connectwise;
        let before = connectwise.settings();
        let requires = [(1, vec!["source".to_owned()])].into();
        connectwise.set_settings(Settings { ticket_requires: requires, ..before.clone() });
        before
    }

    async fn fail(&self, count: usize) {
        let first: Vec<_> = (1..=count).collect();
        self.checked(&first, "Authentication Error", "no consent").await;
    }

    /// Lets the schedule, the audit and the redrive run at a time.
    async fn at(&self, moment: &str) {
        self.wait_until(moment);
        self.runs().await;
    }

    async fn runs(&self) {
        let stack = &self.msp.bss.stack;
        schedule(&stack.app).await.unwrap();
        audit(&stack.app, &stack.queues).await.unwrap();
        redrive(&stack.app).await.unwrap();
    }

    fn digests(&self) -> Vec<Value> {
        let is_digest = |row: &Value| row["externalXRef"].as_str().is_some_and(|key| key.starts_with("digest."));
        self.msp.records("ticket").into_iter().filter(is_digest).collect()
    }

    async fn text_of(&self, digest: &Value) -> String {
        let path = format!("service/tickets/{}/notes", digest["id"]);
        let notes = self.msp.as_person(reqwest::Method::GET, &path, &json!({})).await;
        assert_eq!(notes.as_array().unwrap().len(), 1, "{notes}");
        notes[0]["text"].as_str().unwrap().to_owned()
    }

    async fn last(&self) -> Value {
        self.msp.with_new_session().await.get("ticketrules/get").await["lastDigest"].clone()
    }
}

#[tokio::test]
async fn forty_findings_are_in_one_ticket_and_no_more_follows_in_the_period() {
    let tenant = Tenant::with_digest("daily", 45).await;
    tenant.fail(40).await;
    tenant.at("2031-05-16T10:59:00Z").await;
    assert_eq!(tenant.digests(), NOTHING, "it is not 7:00 in New York");
    tenant.at("2031-05-16T11:00:00Z").await;
    let digests = tenant.digests();
    assert_eq!(digests.len(), 1, "{digests:?}");
    let digest = &digests[0];
    assert_eq!(digest["summary"], "Dropsuite: 40 things need attention on 2031-05-16");
    assert_eq!(
        (&digest["company"]["id"], &digest["board"]["id"], &digest["status"]["id"]),
        (&json!(OWN), &json!(1), &json!(11))
    );
    let text = tenant.text_of(digest).await;
    assert_eq!(text.matches("fails since 2031-05-15").count(), 40, "{text}");
    assert!(text.contains("(40) ") && !text.contains("more"), "{text}");
    let last = tenant.last().await;
    let expected = json!({"period": "2031-05-16", "count": 40, "ticket": digest["id"], "state": "synced"});
    assert_eq!(last, expected);

    // Neither a person who closes it nor later runs bring another one in the period.
    let closed = json!([{"op": "replace", "path": "status", "value": {"id": 13}}]);
    let path = format!("service/tickets/{}", digest["id"]);
    tenant.msp.as_person(reqwest::Method::PATCH, &path, &closed).await;
    tenant.at("2031-05-16T23:00:00Z").await;
    tenant.at("2031-05-17T10:00:00Z").await;
    assert_eq!(tenant.digests().len(), 1);
    tenant.fail(45).await;
    tenant.at("2031-05-17T11:00:00Z").await;
    let digests = tenant.digests();
    assert_eq!(digests.len(), 2);
    assert_eq!(digests[0]["closedFlag"], true, "it is not reopened");
    let text = tenant.text_of(&digests[1]).await;
    assert!(text.contains("(40) ") && text.ends_with("And 5 more: see the portal."), "{text}");
}

#[tokio::test]
async fn nothing_brings_no_ticket() {
    for (every, period) in [("daily", "2031-06-02"), ("weekly", "2031-06-02"), ("monthly", "2031-06-01")] {
        let tenant = Tenant::with_digest(every, 3).await;
        assert_eq!(tenant.last().await, json!(null), "none was looked at");
        tenant.at("2031-06-02T12:00:00Z").await;
        assert_eq!(tenant.digests(), NOTHING, "{every}");
        assert_eq!(tenant.last().await, json!({"period": period, "count": 0}));
    }
}

#[tokio::test]
async fn a_week_begins_on_monday_and_a_month_on_its_first_day() {
    for (every, before, first) in
        [("weekly", "2031-05-19T10:00:00Z", "2031-05-19"), ("monthly", "2031-06-01T10:00:00Z", "2031-06-01")]
    {
        let tenant = Tenant::with_digest(every, 3).await;
        tenant.fail(1).await;
        tenant.at("2031-05-18T23:00:00Z").await;
        tenant.at(before).await;
        assert_eq!(tenant.digests(), NOTHING, "{every}");
        // The schedule missed the hour.
        tenant.at(&format!("{first}T20:00:00Z")).await;
        assert_eq!((tenant.digests().len(), &tenant.last().await["period"]), (1, &json!(first)), "{every}");
    }
}

#[tokio::test]
async fn it_is_about_all_that_needs_attention_and_not_about_what_was_snoozed() {
    let tenant = Tenant::with_digest("daily", 3).await;
    tenant.fail(1).await;
    // An addition that waits for a person.
    let refused = json!({"code": "Security", "message": "You do not have security permission", "errors": null});
    tenant.msp.faults(json!([{"path": "*/additions*", "status": 403, "body": refused}]));
    tenant.msp.done("organizations/update", &json!({"company": 20, "seats": 9})).await;
    tenant.msp.wait_for_additions().await;
    tenant.msp.faults(json!([]));
    tenant.at("2031-05-16T11:00:00Z").await;
    let text = tenant.text_of(&tenant.digests()[0]).await;
    assert!(text.contains("waits for you") && text.contains("backup of mailbox1@"), "{text}");
    let msp = tenant.msp.with_new_session().await;
    msp.done("snoozes/save", &json!({"company": 20, "reason": "They know"})).await;
    msp.done("additions/retry", &json!({})).await;
    // The audit of the night sees that the addition is right.
    tenant.at("2031-05-17T07:00:00Z").await;
    tenant.at("2031-05-17T11:00:00Z").await;
    assert_eq!(tenant.digests().len(), 1, "{:?}", tenant.digests());
}

/// Sells a trial that ends 14 days later, with the choice that is made by default: to ask.
async fn sells_trial(tenant: &Tenant) {
    let trial = json!({
        "company": ACME, "agreement": MANAGED, "email": "it@acme.example", "businessName": "Acme", "trial": true,
    });
    tenant.msp.with_new_session().await.done(ORDER, &order(trial)).await;
    tenant.msp.wait_for_additions().await;
}

#[tokio::test]
async fn trials_that_end_within_a_week_or_ended_in_the_last_week_need_attention() {
    let tenant = Tenant::with_digest("daily", 3).await;
    sells_trial(&tenant).await;
    // It ends on the 29th.
    tenant.at("2031-05-21T11:00:00Z").await;
    assert_eq!(tenant.digests(), NOTHING);
    for (moment, told, count) in [
        ("2031-05-23T11:00:00Z", "The trial of the company 19 ends on 2031-05-29. Convert it to paid", 1),
        ("2031-05-30T11:00:00Z", "The trial of the company 19 ended on 2031-05-29. Convert it to paid", 2),
    ] {
        tenant.at(moment).await;
        let digests = tenant.digests();
        assert_eq!(digests.len(), count, "{digests:?}");
        let text = tenant.text_of(&digests[count - 1]).await;
        assert!(text.contains(told), "{text}");
    }
    tenant.at("2031-06-06T11:00:00Z").await;
    assert_eq!(tenant.digests().len(), 2, "only the page tells it from here on");
}

#[tokio::test]
async fn a_monthly_digest_tells_the_trials_that_end_before_the_next_one() {
    let tenant = Tenant::with_digest("monthly", 3).await;
    tenant.at("2031-05-31T11:00:00Z").await;
    sells_trial(&tenant).await;
    tenant.at("2031-06-01T11:30:00Z").await;
    let digests = tenant.digests();
    let of_june = digests.iter().find(|digest| digest["summary"].as_str().unwrap().ends_with(" in 2031-06"));
    let text = tenant.text_of(of_june.unwrap()).await;
    assert!(text.contains("The trial of the company 19 ends on 2031-06-14."), "{text}");
}

#[tokio::test]
async fn a_lost_answer_brings_no_second_ticket() {
    for cut in ["before", "after"] {
        let tenant = Tenant::with_digest("daily", 3).await;
        tenant.fail(1).await;
        tenant.msp.faults(json!([
            {"method": "POST", "path": "*/service/tickets", "times": 1, "drop": cut},
            {"method": "GET", "path": "*/service/tickets", "after": 1, "times": 2, "status": 503},
        ]));
        tenant.at("2031-05-16T11:00:00Z").await;
        for _ in 0..4 {
            tenant.msp.bss.stack.clock.advance(SignedDuration::from_mins(20));
            tenant.runs().await;
        }
        assert_eq!(tenant.digests().len(), 1, "{cut}");
        assert_eq!(tenant.last().await["state"], "synced");
    }
}

#[tokio::test]
async fn two_schedules_at_once_bring_one_ticket() {
    let tenant = Tenant::with_digest("daily", 3).await;
    tenant.fail(1).await;
    let clock = &tenant.msp.bss.stack.clock;
    clock.advance("2031-05-16T11:00:00Z".parse::<Timestamp>().unwrap().duration_since(clock.now()));
    let app = &tenant.msp.bss.stack.app;
    let (one, other) = join(Box::pin(schedule(app)), Box::pin(schedule(app))).await;
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    let (one, other) = join(redrive(app), redrive(app)).await;
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    redrive(app).await.unwrap();
    assert_eq!(tenant.digests().len(), 1);
}

#[tokio::test]
async fn a_ticket_that_connectwise_refuses_names_what_to_do_and_is_created_after_it() {
    let tenant = Tenant::with_digest("daily", 3).await;
    tenant.fail(1).await;
    let connectwise = &tenant.msp.bss.stack.connectwise;
    let requires = [(1, vec!["source".to_owned()])].into();
    connectwise.set_settings(Settings { ticket_requires: requires, ..connectwise.settings() });
    tenant.at("2031-05-16T11:00:00Z").await;
    let last = tenant.last().await;
    assert_eq!((&last["state"], last.get("ticket")), (&json!("failed"), None), "{last}");
    assert!(last["requiredAction"].as_str().unwrap().starts_with("Choose source at portal/settings/save"), "{last}");
    tenant.msp.with_new_session().await.done("ticketfields/save", &json!({"company": OWN, "source": 3})).await;
    redrive(&tenant.msp.bss.stack.app).await.unwrap();
    assert_eq!((tenant.digests().len(), &tenant.last().await["state"]), (1, &json!("synced")));
}

#[tokio::test]
async fn a_refused_digest_counts_for_nothing_the_next_day_and_gives_way_to_the_next_one() {
    let tenant = Tenant::with_refused_digest().await;
    tenant.at("2031-05-17T11:00:00Z").await;
    assert_eq!((tenant.digests().len(), &tenant.last().await["count"]), (1, &json!(1)), "the failing backup alone");
    let msp = tenant.msp.with_new_session().await;
    msp.done("ticketrules/save", &json!({"digest": {"every": "daily", "company": OWN}})).await;
    redrive(&msp.bss.stack.app).await.unwrap();
    let digests = tenant.digests();
    assert_eq!(digests.len(), 1, "{digests:?}");
    assert_eq!(digests[0]["summary"], "Dropsuite: 1 thing needs attention on 2031-05-17");
}

#[tokio::test]
async fn a_refused_digest_is_created_for_the_company_that_is_chosen_since() {
    let tenant = Tenant::with_refused_digest().await;
    let msp = tenant.msp.with_new_session().await;
    msp.done("ticketrules/save", &json!({"digest": {"every": "daily", "company": 20}})).await;
    redrive(&msp.bss.stack.app).await.unwrap();
    let companies: Vec<_> = tenant.digests().iter().map(|row| row["company"]["id"].clone()).collect();
    assert_eq!(companies, [json!(20)]);
}

#[tokio::test]
async fn a_digest_that_may_have_been_created_is_looked_for_at_its_own_company() {
    let tenant = Tenant::with_digest("daily", 3).await;
    tenant.fail(1).await;
    tenant.msp.faults(json!([
        {"method": "POST", "path": "*/service/tickets", "times": 1, "drop": "after"},
        {"method": "GET", "path": "*/service/tickets", "after": 1, "times": 2, "status": 503},
    ]));
    tenant.at("2031-05-16T11:00:00Z").await;
    let msp = tenant.msp.with_new_session().await;
    msp.done("ticketrules/save", &json!({"digest": {"every": "daily", "company": 20}})).await;
    for _ in 0..4 {
        tenant.msp.bss.stack.clock.advance(SignedDuration::from_mins(20));
        tenant.runs().await;
    }
    assert_eq!((tenant.digests().len(), &tenant.last().await["state"]), (1, &json!("synced")));
}

#[tokio::test]
async fn a_refused_ticket_whose_failure_is_over_needs_no_attention() {
    let tenant = Tenant::with_digest("daily", 3).await;
    let free = tenant.requires_source();
    tenant.fail(1).await;
    let tickets = tenant.msp.with_new_session().await.list("tickets").await;
    assert_eq!(tickets[0]["state"], "failed", "{tickets}");
    tenant.msp.bss.stack.connectwise.set_settings(free);
    tenant.checked(&[1], "Completed", "").await;
    tenant.at("2031-05-16T11:00:00Z").await;
    assert_eq!(tenant.digests(), NOTHING);
    assert_eq!(tenant.last().await["count"], 0);
}

#[tokio::test]
async fn while_connectwise_refuses_the_keys_there_is_none_and_then_one() {
    let tenant = Tenant::with_digest("daily", 3).await;
    tenant.fail(1).await;
    let refused = json!({"code": "ConnectWiseApi", "message": "UserNotAuthenticated"});
    tenant.msp.faults(json!([{"path": "*", "status": 401, "body": refused}]));
    for day in 16..20 {
        for time in ["11:00:00Z", "12:00:00Z"] {
            tenant.at(&format!("2031-05-{day}T{time}")).await;
        }
    }
    tenant.msp.faults(json!([]));
    for time in ["11:00:00Z", "12:00:00Z", "13:00:00Z"] {
        tenant.at(&format!("2031-05-20T{time}")).await;
    }
    let digests = tenant.digests();
    assert_eq!(digests.len(), 1, "{digests:?}");
    assert!(digests[0]["summary"].as_str().unwrap().ends_with("on 2031-05-20"), "{digests:?}");
}

#[tokio::test]
async fn a_refused_digest_is_not_created_once_digests_are_switched_off() {
    let tenant = Tenant::with_refused_digest().await;
    let msp = tenant.msp.with_new_session().await;
    msp.done("ticketrules/save", &json!({})).await;
    redrive(&msp.bss.stack.app).await.unwrap();
    assert_eq!(tenant.digests(), NOTHING);
    assert_eq!(tenant.last().await, json!({"period": "2031-05-16", "count": 1}));
}

#[tokio::test]
async fn an_audit_that_did_not_end_needs_attention() {
    let tenant = Tenant::with_digest("daily", 3).await;
    // Nothing reads the queue of the audits.
    for moment in ["2031-05-16T10:00:00Z", "2031-05-17T10:00:00Z"] {
        tenant.wait_until(moment);
        schedule(&tenant.msp.bss.stack.app).await.unwrap();
        redrive(&tenant.msp.bss.stack.app).await.unwrap();
    }
    let text = tenant.text_of(&tenant.digests()[0]).await;
    assert!(text.contains("The billing audit of 2031-05-16 did not end"), "{text}");
}
