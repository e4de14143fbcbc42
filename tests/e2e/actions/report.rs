//! `POST actions/report`

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sandbox::dropsuite::Backups;
use sandbox::stack::{REPORTER_ID, REPORTER_KEY};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::vendor_id::VendorId;
use service_manager::store::{ConfigurationPlace, FailureClass};
use sha2::Sha256;

use crate::client::merged;
use crate::portal::msp::{Msp, NOTHING, assert_refused};

/// A reporter, and the stack of an MSP that has one organization.
struct Reporter {
    msp: Msp,
    organization: String,
}

fn signature(key: &str, stamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("{stamp}.{body}").as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

impl Reporter {
    async fn new() -> Self {
        let msp = Msp::with_tenant().await;
        let organization = msp.bss.organizations()[0]["id"].as_str().unwrap().to_owned();
        Self { msp, organization }
    }

    fn now(&self) -> Timestamp {
        self.msp.bss.stack.clock.now()
    }

    /// Returns a failure of backup 10, merged with `more`.
    fn event(&self, more: Value) -> Value {
        let event = json!({
            "region": "euwest", "action": "backup", "actionId": "10", "mailbox": "ann@acme.example",
            "organization": self.organization, "state": "failed", "error": "IMAP connection failed", "attempt": 1,
            "time": self.now(),
        });
        merged(event, more)
    }

    async fn send(&self, stamp: i64, signature: &str, body: String) -> (u16, Value) {
        let url = self.msp.bss.stack.portal_url().replace("/portal", "/actions/report");
        let client = sandbox::http_client().unwrap();
        let request = client
            .post(url)
            .header("X-Reporter-Id", REPORTER_ID)
            .header("X-Timestamp", stamp)
            .header("X-Signature", signature)
            .body(body);
        self.msp.bss.read(request.send().await.unwrap()).await
    }

    /// Sends a report of events, signed now.
    async fn reports(&self, events: Value) -> (u16, Value) {
        let (stamp, body) = (self.now().as_second(), json!({"events": events}).to_string());
        let signature = signature(REPORTER_KEY, stamp, &body);
        let answer = self.send(stamp, &signature, body).await;
        // An equal report in the same second would have the same signature.
        self.msp.bss.stack.clock.advance(SignedDuration::from_secs(1));
        answer
    }

    async fn taken(&self, events: Value) -> Value {
        let (status, answer) = self.reports(events).await;
        assert_eq!(status, 200, "{answer}");
        self.msp.wait_for_tickets().await;
        answer
    }
}

#[tokio::test]
async fn an_action_is_reported_from_start_to_end() {
    let reporter = Reporter::new().await;
    let events = [json!({"state": "started", "error": null, "attempt": null}), json!({}), json!({"attempt": 2})];
    let mut all = Vec::new();
    for event in events {
        all.push(reporter.event(event));
        reporter.msp.bss.stack.clock.advance(SignedDuration::from_secs(5));
    }
    let backwards: Vec<_> = all.iter().rev().cloned().collect();
    assert_eq!(reporter.taken(json!(backwards)).await, json!({"events": 3, "changed": 1}));
    assert_eq!(reporter.msp.tickets().len(), 1);
    assert_eq!(reporter.taken(json!(all)).await, json!({"events": 3, "changed": 0}), "a repeated report");

    let exhausted = reporter.event(json!({"state": "retriesExhausted", "error": "25 attempts", "attempt": null}));
    reporter.taken(json!([exhausted])).await;
    let tickets = reporter.msp.tickets();
    assert_eq!((tickets.len(), &tickets[0]["status"]["id"]), (1, &json!(14)));
    reporter.taken(json!(all)).await;
    assert_eq!(reporter.msp.tickets().len(), 1, "late events do not reopen the ticket");
    let completed = reporter.event(json!({"state": "completed", "error": null, "attempt": null}));
    reporter.taken(json!([completed])).await;
    assert_eq!(reporter.msp.tickets()[0]["status"]["id"], 14, "the ticket remains cancelled");
}

#[tokio::test]
async fn forged_old_and_replayed_reports_are_rejected() {
    let reporter = Reporter::new().await;
    let stamp = reporter.now().as_second();
    let body = json!({"events": [reporter.event(json!({}))]}).to_string();
    let forged = signature("another key", stamp, &body);
    assert_refused(ErrorCode::NotAuthorized, &reporter.send(stamp, &forged, body.clone()).await);
    let good = signature(REPORTER_KEY, stamp, &body);
    assert_refused(ErrorCode::NotAuthorized, &reporter.send(stamp, &good, body.replace("ann@", "bob@")).await);
    assert_refused(ErrorCode::NotAuthorized, &reporter.send(stamp + 1, &good, body.clone()).await);
    let old = stamp - 301;
    let signed_then = signature(REPORTER_KEY, old, &body);
    assert_refused(ErrorCode::NotAuthorized, &reporter.send(old, &signed_then, body.clone()).await);
    reporter.msp.wait_for_tickets().await;
    assert_eq!(reporter.msp.tickets(), NOTHING);

    assert_eq!(reporter.send(stamp, &good, body.clone()).await.0, 200);
    let replayed = reporter.send(stamp, &good, body).await;
    assert_refused(ErrorCode::NotAuthorized, &replayed);
    assert!(replayed.1["message"].as_str().unwrap().contains("already accepted"), "{replayed:?}");
}

#[tokio::test]
async fn invalid_fields_are_named_and_nothing_is_recorded() {
    let reporter = Reporter::new().await;
    let tomorrow = reporter.now().saturating_add(SignedDuration::from_hours(24)).unwrap();
    for (named, wrong) in [
        ("events[1].region", json!({"region": "uswest"})),
        ("events[1].action", json!({"action": "copy"})),
        ("events[1].actionId", json!({"actionId": "7".repeat(61)})),
        ("events[1].actionId", json!({"actionId": " "})),
        ("events[1].actionId", json!({"actionId": "<b>7"})),
        ("events[1].actionId", json!({"actionId": "7\u{202e}8"})),
        ("events[1].mailbox", json!({"mailbox": "\u{200b}<br>"})),
        ("events[1].error", json!({"error": "<p>\u{202e}</p>"})),
        ("events[1].mailbox", json!({"mailbox": ""})),
        ("events[1].organization", json!({"organization": ""})),
        ("events[1].state", json!({"state": "lost"})),
        ("events[1].error", json!({"error": null})),
        ("events[1].error", json!({"error": "x".repeat(2001)})),
        ("events[1].attempt", json!({"attempt": null})),
        ("events[1].attempt", json!({"attempt": 0})),
        ("events[1].attempt", json!({"state": "started", "attempt": 0})),
        ("events[1].attempt", json!({"state": "completed", "attempt": 0})),
        ("events[1].attempt", json!({"state": "retriesExhausted", "attempt": 0})),
        ("events[1].time", json!({"time": tomorrow})),
        ("events[1].time", json!({"time": "yesterday"})),
        ("events[1]", json!({"atempt": 2})),
    ] {
        let events = json!([reporter.event(json!({})), reporter.event(wrong)]);
        let answer = reporter.reports(events).await;
        assert_refused(ErrorCode::BadRequest, &answer);
        assert!(answer.1["message"].as_str().unwrap().contains(named), "{named}: {answer:?}");
    }
    let many: Vec<_> = (0..1001).map(|_| reporter.event(json!({}))).collect();
    assert_refused(ErrorCode::BadRequest, &reporter.reports(json!(many)).await);
    reporter.msp.wait_for_tickets().await;
    assert_eq!(reporter.msp.tickets(), NOTHING);
}

#[tokio::test]
async fn an_action_belongs_to_one_organization() {
    let reporter = Reporter::new().await;
    reporter.taken(json!([reporter.event(json!({}))])).await;
    let other = reporter.event(json!({"organization": "440032-99"}));
    assert_refused(ErrorCode::StateConflict, &reporter.reports(json!([other])).await);
}

#[tokio::test]
async fn a_refused_report_is_not_taken_in_part() {
    let reporter = Reporter::new().await;
    reporter.taken(json!([reporter.event(json!({}))])).await;
    let before = reporter.msp.bss.table().await;
    // Organizations are taken in the order of their ids: the first one is sound.
    let sound = reporter.event(json!({"actionId": "11", "organization": "440000-1"}));
    let foreign = reporter.event(json!({"organization": "440999-1"}));
    let new_in_two = reporter.event(json!({"actionId": "11", "organization": "440999-1"}));
    for events in [json!([sound, foreign]), json!([foreign, sound]), json!([sound, new_in_two])] {
        let (stamp, body) = (reporter.now().as_second(), json!({"events": events}).to_string());
        let signature = signature(REPORTER_KEY, stamp, &body);
        for _ in 0..2 {
            // Also at the second time, because a refused report is not recorded as accepted.
            assert_refused(ErrorCode::StateConflict, &reporter.send(stamp, &signature, body.clone()).await);
        }
        assert_eq!(reporter.msp.bss.table().await, before, "{events}");
        reporter.msp.bss.stack.clock.advance(SignedDuration::from_secs(1));
    }
}

#[tokio::test]
async fn a_byte_order_mark_is_signed_and_ignored() {
    let reporter = Reporter::new().await;
    let stamp = reporter.now().as_second();
    let body = format!("\u{feff}{}", json!({"events": [reporter.event(json!({}))]}));
    let unmarked = signature(REPORTER_KEY, stamp, body.trim_start_matches('\u{feff}'));
    assert_refused(ErrorCode::NotAuthorized, &reporter.send(stamp, &unmarked, body.clone()).await);
    let marked = signature(REPORTER_KEY, stamp, &body);
    assert_eq!(reporter.send(stamp, &marked, body).await, (200, json!({"events": 1, "changed": 1})));
}

#[tokio::test]
async fn tickets_contain_visible_text_only() {
    let reporter = Reporter::new().await;
    let error = "Login\r\nfailed\u{0} <script>alert(1)</script><img src=x onerror=alert(2) for \u{202e}moc.elpmaxe\u{202c}\u{200b}";
    let mailbox = "ann\u{202e}@acme.example<br>";
    reporter.taken(json!([reporter.event(json!({"error": error, "mailbox": mailbox}))])).await;
    let exhausted = json!({"state": "retriesExhausted", "error": format!("25 {error}"), "mailbox": mailbox});
    reporter.taken(json!([reporter.event(exhausted)])).await;
    let shown = json!([reporter.msp.tickets(), reporter.msp.bss.stack.connectwise.state_json()["notes"]]).to_string();
    assert!(shown.contains("Login failed alert(1) img src=x onerror=alert(2) for moc.elpmaxe"), "{shown}");
    for hidden in ["<script", "<img", "<br", "\\r", "\\n", "\\u0000", "\u{202e}", "\u{202c}", "\u{200b}"] {
        assert!(!shown.contains(hidden), "{hidden:?}: {shown}");
    }
}

/// A report for the wrong organization is accepted while nothing contradicts it. The organization's own list of mailboxes
/// does.
#[tokio::test]
async fn a_report_for_the_wrong_organization_does_not_end_the_monitoring() {
    let reporter = Reporter::new().await;
    let stack = &reporter.msp.bss.stack;
    let mailboxes = stack.dropsuite.add_mailboxes(&reporter.organization, 2).unwrap();
    let id = mailboxes[0].id.to_string();
    let wrong = || reporter.event(json!({"actionId": id, "organization": "440032-99"}));
    reporter.taken(json!([wrong()])).await;
    assert_eq!(reporter.msp.tickets(), NOTHING, "the other organization is not linked");
    let failing = Backups { status: "Space Full".to_owned(), ..Backups::default() };
    stack.dropsuite.set_backups(&reporter.organization, &failing).unwrap();
    reporter.msp.run_checks().await;
    let tickets = reporter.msp.tickets();
    assert_eq!(tickets.len(), 2, "both mailboxes: {tickets:?}");
    let refused = reporter.reports(json!([wrong()])).await;
    assert_refused(ErrorCode::StateConflict, &refused);
    assert!(refused.1["message"].as_str().unwrap().contains(&reporter.organization), "{refused:?}");
    let other = VendorId::parse("440032-99").unwrap();
    assert_eq!(stack.app.store.failing_actions(&other, FailureClass::Single, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_completed_action_has_a_configuration_and_no_ticket() {
    let reporter = Reporter::new().await;
    let completed = |id: &str| {
        reporter.event(json!({"action": "restore", "actionId": id, "state": "completed",
        "error": null, "attempt": null}))
    };
    reporter.taken(json!([completed("7"), completed("8")])).await;
    reporter.taken(json!([completed("7")])).await;
    reporter.msp.run_checks().await;
    let names = || {
        let rows = reporter.msp.records("configuration");
        let ours = rows.iter().filter(|row| row["type"]["name"] == "dropsuite_mailbox_actions");
        let mut names: Vec<_> = ours.map(|row| row["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["euwest.restore.7", "euwest.restore.8"]);
    assert_eq!(reporter.msp.tickets(), NOTHING);
    for _ in 0..2 {
        reporter.msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
        reporter.taken(json!([completed("7")])).await;
        reporter.msp.run_checks().await;
    }
    assert_eq!(names().len(), 2, "known");
    let organization = VendorId::parse(&reporter.organization).unwrap();
    let store = &reporter.msp.bss.stack.app.store;
    let msp = store.enrolled_msps().await.unwrap()[0].msp;
    let settings = store.msp(msp).await.unwrap().unwrap();
    let company = store.agreements(msp).await.unwrap()[0].company;
    let place = ConfigurationPlace::new(msp, &settings, company);
    let ledger = store.configuration_ledger(&organization, &place).await.unwrap();
    assert_eq!((ledger.requests.len(), ledger.known().len()), (0, 2), "a request that was met is deleted");
}
