//! A closed ticket is over, also one that we closed: it is neither changed nor noted nor reopened, whatever happens to its mailbox.

use jiff::SignedDuration;
use reqwest::Method;
use sandbox::background::{self, sweep};
use serde_json::{Value, json};

use crate::actions::tenant::Tenant;
use crate::portal::msp::bodies::{BLUE_LIGHT, company, ticket_mapping};
use crate::portal::msp::{ACTIVATE, Msp, SAVE, UNSUBSCRIBE};

/// An MSP with a failing mailbox, whose ticket is open.
struct Failing {
    tenant: Tenant,
}

impl Failing {
    async fn start() -> Self {
        let failing = Self { tenant: Tenant::with_mailboxes(4).await };
        failing.backups("Authentication Error", "the password").await;
        assert_eq!(failing.tenant.msp.tickets().len(), 1);
        failing
    }

    /// Sets the backups of the first mailbox, and looks at them.
    async fn backups(&self, status: &str, errors: &str) {
        self.tenant.checked(&[1], status, errors).await;
    }

    fn set(&self, status: &str, errors: &str) {
        self.tenant.backups(&[1], status, errors);
    }

    fn ticket(&self) -> Value {
        self.tenant.msp.tickets()[0].clone()
    }

    /// Closes the ticket as a person.
    async fn close(&self) {
        self.patch("status", json!({"id": 13})).await;
    }

    async fn patch(&self, field: &str, value: Value) {
        let patch = json!([{"op": "replace", "path": field, "value": value}]);
        self.tenant.msp.as_person(Method::PATCH, &format!("service/tickets/{}", self.ticket()["id"]), &patch).await;
    }

    /// Returns what a person sees of the first ticket: itself, its notes and its configurations.
    async fn seen(&self) -> [Value; 3] {
        let path = format!("service/tickets/{}", self.ticket()["id"]);
        let (notes, configurations) = (format!("{path}/notes"), format!("{path}/configurations"));
        let nothing = json!({});
        [
            self.tenant.msp.as_person(Method::GET, &path, &nothing).await,
            self.tenant.msp.as_person(Method::GET, &notes, &nothing).await,
            self.tenant.msp.as_person(Method::GET, &configurations, &nothing).await,
        ]
    }

    /// Returns the writes to the ticket so far.
    fn writes(&self) -> Vec<String> {
        let path = format!("service/tickets/{}", self.ticket()["id"]);
        self.tenant.msp.writes().into_iter().filter(|write| write.contains(&path)).collect()
    }

    /// Makes ConnectWise show the ticket as closed from its read number `number` on, as if a person closed it meanwhile.
    fn closed_at_read(&self, number: u64) {
        let path = format!("*/service/tickets/{}", self.ticket()["id"]);
        let closed = json!([{"op": "replace", "path": "/closedFlag", "value": true}]);
        self.tenant.msp.faults(json!([{"method": "GET", "path": path, "after": number, "patch": closed}]));
    }
}

/// Events of a mailbox whose ticket is closed.
const EVENTS: [&str; 10] = [
    "another attempt",
    "recovery",
    "abandonment",
    "end of the subscription",
    "return of the customer",
    "settings",
    "retry",
    "sweep",
    "relink",
    "recovery and retry",
];

async fn happens(failing: &Failing, event: &str) {
    let msp = &failing.tenant.msp;
    match event {
        "another attempt" => failing.backups("Authentication Error", "another text").await,
        "recovery" => failing.backups("Completed", "").await,
        "abandonment" => failing.backups("Deactivated", "").await,
        "end of the subscription" => {
            msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
            msp.wait_for_tickets().await;
        }
        "return of the customer" => {
            msp.done(UNSUBSCRIBE, &company(BLUE_LIGHT)).await;
            msp.wait_for_tickets().await;
            msp.done(ACTIVATE, &company(BLUE_LIGHT)).await;
            msp.wait_for_tickets().await;
        }
        "settings" => {
            msp.done(SAVE, &ticket_mapping(json!({"newStatus": 12}))).await;
            sweep(&msp.bss.stack.app).await.unwrap();
        }
        "retry" => {
            failing.backups("Authentication Error", "another text").await;
            let action = msp.get("tickets/list").await["tickets"][0]["action"].clone();
            msp.done("tickets/retry", &json!({"action": action})).await;
        }
        "sweep" => {
            failing.set("Authentication Error", "another text");
            sweep(&msp.bss.stack.app).await.unwrap();
        }
        "relink" => {
            let link = msp.list("links").await[0].clone();
            let link = json!({
                "organization": link["organization"], "company": link["company"], "agreement": 105,
                "application": link["application"], "account": link["account"],
            });
            msp.done("links/create", &link).await;
            msp.wait_for_tickets().await;
        }
        "recovery and retry" => {
            failing.backups("Completed", "").await;
            msp.done("tickets/retry", &json!({})).await;
            sweep(&msp.bss.stack.app).await.unwrap();
        }
        other => assert_eq!(other, "", "an event that is not known"),
    }
}

#[tokio::test]
async fn a_ticket_that_a_person_closed_stays_as_it_is() {
    for event in EVENTS {
        let failing = Failing::start().await;
        failing.close().await;
        let (seen, writes) = (failing.seen().await, failing.writes());
        happens(&failing, event).await;
        assert_eq!((failing.seen().await, failing.writes()), (seen, writes), "{event}");
    }
}

#[tokio::test]
async fn a_ticket_that_was_closed_by_us_stays_as_it_is() {
    for event in EVENTS {
        let failing = Failing::start().await;
        failing.backups("Completed", "").await;
        assert_eq!(failing.ticket()["closedFlag"], true);
        let (seen, writes) = (failing.seen().await, failing.writes());
        happens(&failing, event).await;
        assert_eq!((failing.seen().await, failing.writes()), (seen, writes), "{event}");
    }
}

/// The mapped status of an abandoned action does not close tickets on every board. Set on a closed ticket, it would reopen it.
#[tokio::test]
async fn a_closed_ticket_is_not_reopened_by_a_status_that_does_not_close() {
    let failing = Failing::start().await;
    failing
        .tenant
        .msp
        .as_person(
            Method::PATCH,
            "service/boards/1/statuses/14",
            &json!([{"op": "replace", "path": "closedStatus", "value": false}]),
        )
        .await;
    failing.close().await;
    let seen = failing.seen().await;
    happens(&failing, "abandonment").await;
    assert_eq!(failing.seen().await, seen);
}

#[tokio::test]
async fn a_person_who_closes_it_between_our_reads_and_writes_is_first() {
    // The reads: before anything, before the note, before the status.
    for (event, number, expected) in [
        ("another attempt", 1, vec![]),
        ("recovery", 1, vec![]),
        ("recovery", 2, vec!["POST notes"]),
        ("abandonment", 1, vec![]),
        ("abandonment", 2, vec!["POST notes"]),
        ("end of the subscription", 1, vec![]),
    ] {
        let failing = Failing::start().await;
        let before = failing.writes().len();
        failing.closed_at_read(number);
        happens(&failing, event).await;
        let writes: Vec<_> = failing.writes().into_iter().skip(before).collect();
        let short: Vec<_> = writes
            .iter()
            .map(|write| format!("{} {}", write.split(' ').next().unwrap(), write.rsplit('/').next().unwrap()))
            .collect();
        assert_eq!(short, expected, "{event}, closed at read {number}");
        let row = failing.tenant.msp.get("tickets/list").await["tickets"][0].clone();
        assert_eq!(row["state"], "synced", "{row}");
    }
}

/// The answer to the create is lost, and a person closes the ticket before it is found.
#[tokio::test]
async fn a_closed_ticket_that_is_found_gets_no_configuration() {
    let failing = Failing { tenant: Tenant::with_mailboxes(4).await };
    failing.tenant.msp.faults(json!([
        {"method": "POST", "path": "*/service/tickets", "times": 1, "drop": "after"},
        {"method": "GET", "path": "*/service/tickets", "after": 1, "status": 503},
    ]));
    failing.backups("Authentication Error", "the password").await;
    assert_eq!(failing.tenant.msp.tickets().len(), 1, "it was created, and is not known");
    failing.close().await;
    let seen = failing.seen().await;
    failing.tenant.msp.faults(json!([]));
    failing.tenant.msp.bss.stack.clock.advance(SignedDuration::from_hours(1));
    sweep(&failing.tenant.msp.bss.stack.app).await.unwrap();
    assert_eq!(failing.seen().await, seen);
    let row = failing.tenant.msp.with_new_session().await.get("tickets/list").await["tickets"][0].clone();
    assert_eq!(row["state"], "synced", "{row}");
    assert!(row["reason"].as_str().unwrap().contains("was closed by hand"), "{row}");
    assert_eq!(failing.tenant.msp.tickets().len(), 1, "the same failures open no other");
}

/// The ticket of the audit's monthly note.
#[tokio::test]
async fn the_audit_writes_no_note_on_a_closed_ticket() {
    let msp = Msp::with_tenant().await;
    let addition = msp.addition();
    msp.sets(104, &addition["id"], "quantity", json!(1)).await;
    msp.done("audit/settings", &json!({"apply": "ask", "ticket": 1001})).await;
    // It is closed while its notes are read.
    let closed = json!([{"op": "replace", "path": "/closedFlag", "value": true}]);
    msp.faults(json!([{"method": "GET", "path": "*/service/tickets/1001", "patch": closed}]));
    msp.audits().await;
    assert!(!msp.writes().iter().any(|write| write.contains("tickets/1001")), "{:?}", msp.writes());
    msp.faults(json!([]));
    msp.audits().await;
    let notes = msp.writes().into_iter().filter(|write| write.contains("tickets/1001/notes")).count();
    assert_eq!(notes, 1, "the next audit writes it");
    background::schedule(&msp.bss.stack.app).await.unwrap();
}

/// The note is written, and its answer is lost.
#[tokio::test]
async fn the_audit_writes_one_note_a_month_if_an_answer_is_lost() {
    for read_fails in [false, true] {
        let msp = Msp::with_tenant().await;
        let addition = msp.addition();
        msp.sets(104, &addition["id"], "quantity", json!(1)).await;
        msp.done("audit/settings", &json!({"apply": "ask", "ticket": 1001})).await;
        let path = "*/service/tickets/1001/notes";
        let mut faults = vec![json!({"method": "POST", "path": path, "drop": "after"})];
        if read_fails {
            faults.push(json!({"method": "GET", "path": path, "after": 1, "status": 503}));
        }
        msp.faults(json!(faults));
        msp.audits().await;
        msp.faults(json!([]));
        msp.bss.stack.clock.advance(SignedDuration::from_hours(24));
        let msp = msp.with_new_session().await;
        msp.audits().await;
        let notes = msp.writes().into_iter().filter(|write| write.contains("tickets/1001/notes")).count();
        assert_eq!(notes, 1, "read fails: {read_fails}");
    }
}

#[tokio::test]
async fn the_audit_writes_no_note_on_a_merged_ticket() {
    let msp = Msp::with_tenant().await;
    let addition = msp.addition();
    msp.sets(104, &addition["id"], "quantity", json!(1)).await;
    msp.done("audit/settings", &json!({"apply": "ask", "ticket": 1001})).await;
    let merged = json!([{"op": "add", "path": "/mergedParentTicket", "value": {"id": 1}}]);
    msp.faults(json!([{"method": "GET", "path": "*/service/tickets/1001", "patch": merged}]));
    msp.audits().await;
    assert!(!msp.writes().iter().any(|write| write.contains("tickets/1001")), "{:?}", msp.writes());
}
