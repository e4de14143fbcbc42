//! Events of actions on the mailboxes of organization 1, and the keys of their items.

use jiff::Timestamp;
use serde_json::{Value, json};
use service_manager::domain::action::timeline::ActionEvent;
use service_manager::domain::action::{ActionKey, Mailbox};
use service_manager::domain::vendor_id::VendorId;
use service_manager::workers::actions::ingest::ReportedEvent;

use super::Request;
use super::connectwise::organization;

/// A path for action events, which no endpoint has.
pub const ACTION_EVENTS: &str = "action events";

/// A path for a check of the organization of account 1, which no endpoint has.
pub const CHECK: &str = "actions check";

/// A path for adding mailboxes to this organization, which no endpoint has.
pub const MAILBOXES: &str = "mailboxes are added";

/// An event of an action such as `euwest.backup.1`, with its time in seconds since the epoch.
pub type Event = (String, i64, ActionEvent);

/// Returns a failed attempt.
pub fn failed(attempt: u32) -> ActionEvent {
    ActionEvent::Failed { attempt, error: "Authentication Error".to_owned() }
}

/// Returns the end of all attempts.
pub fn exhausted() -> ActionEvent {
    ActionEvent::Exhausted { reason: "25 attempts failed".to_owned() }
}

/// Returns a request that records events.
pub fn report_events(events: &[Event]) -> Request {
    Request::new(ACTION_EVENTS, json!(events))
}

/// Returns a request that checks the organization.
pub fn check() -> Request {
    Request::new(CHECK, Value::Null)
}

/// Returns a request that adds mailboxes whose backup completed.
pub fn mailboxes(count: usize) -> Request {
    Request::new(MAILBOXES, json!(count))
}

/// Returns the organization and the events of such a request. `None` for any other body.
pub fn reported_events(body: &Value) -> Option<(VendorId, Vec<ReportedEvent>)> {
    let organization = VendorId::parse(&organization(1))?;
    let events: Vec<Event> = serde_json::from_value(body.clone()).ok()?;
    let reported_events = events.into_iter().map(|(key, second, occurrence)| {
        let key: ActionKey = key.parse().ok()?;
        let mailbox = Mailbox { organization: organization.clone(), address: format!("{key}@customer.example.com") };
        Some(ReportedEvent { key, mailbox, at: Timestamp::from_second(second).ok()?, event: occurrence })
    });
    let reported_events = reported_events.collect::<Option<_>>()?;
    Some((organization, reported_events))
}

/// Returns the keys of an action.
pub fn action(key: &str) -> (String, &'static str) {
    (format!("action#{key}"), "action")
}

/// Returns the keys of the organization's failing actions.
pub fn failures() -> (String, &'static str) {
    (format!("organization#{}", organization(1)), "failures")
}
