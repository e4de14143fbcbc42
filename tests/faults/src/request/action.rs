//! What is heard of actions on the mailboxes of organization 1, and the keys of what the stream speaks of.

use jiff::Timestamp;
use serde_json::{Value, json};
use service_manager::domain::action::timeline::ActionEvent;
use service_manager::domain::action::{ActionKey, Mailbox};
use service_manager::domain::ids::ExternalId;
use service_manager::workers::actions::ingest::ReportedEvent;

use super::Request;
use super::connectwise::organization;

/// The path of what is heard, which no endpoint has.
pub const HEARD: &str = "actions are heard of";

/// Of an action, such as `euwest.backup.1`, so many seconds after the epoch.
pub type Event = (String, i64, ActionEvent);

/// An attempt failed.
pub fn failed(attempt: u32) -> ActionEvent {
    ActionEvent::Failed { attempt, error: "Authentication Error".to_owned() }
}

/// No more attempts are made.
pub fn exhausted() -> ActionEvent {
    ActionEvent::Exhausted { reason: "25 attempts failed".to_owned() }
}

/// Events are heard of.
pub fn hear(events: &[Event]) -> Request {
    Request { path: HEARD, body: json!(events) }
}

/// What such a request says; none if it says something else.
pub fn heard(body: &Value) -> Option<(ExternalId, Vec<ReportedEvent>)> {
    let organization = ExternalId::parse(&organization(1))?;
    let events: Vec<Event> = serde_json::from_value(body.clone()).ok()?;
    let heard = events.into_iter().map(|(key, second, occurrence)| {
        let key: ActionKey = key.parse().ok()?;
        let mailbox = Mailbox { organization: organization.clone(), address: format!("{key}@customer.example.com") };
        Some(ReportedEvent { key, mailbox, at: Timestamp::from_second(second).ok()?, event: occurrence })
    });
    let heard = heard.collect::<Option<_>>()?;
    Some((organization, heard))
}

/// The keys of an action.
pub fn action(key: &str) -> (String, &'static str) {
    (format!("action#{key}"), "action")
}

/// The keys of the organization's failing actions.
pub fn failures() -> (String, &'static str) {
    (format!("organization#{}", organization(1)), "failures")
}
