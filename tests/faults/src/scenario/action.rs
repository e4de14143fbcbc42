//! Failing actions, which become tickets in ConnectWise, and completed ones, which become configurations.

use serde_json::json;
use service_manager::domain::action::timeline::ActionEvent;
use service_manager::vendor::VendorName;

use super::Scenario;
use crate::harness::written_of_actions;
use crate::request::Request;
use crate::request::action::{Event, action, check, exhausted, failed, failures, mailboxes, report_events};
use crate::request::connectwise::link;
use crate::request::dropsuite::{service, synchronize};

/// Number of failing actions that are grouped into one ticket.
const MANY: u32 = 10;

/// Far in the future, because failures in the distant past do not open a ticket.
const START: i64 = 4_000_000_000;

/// Returns all scenarios.
pub fn all() -> Vec<Scenario> {
    let key = || "euwest.backup.1".to_owned();
    let then = |minute: i64, occurrence| report_events(&[(key(), START + 60 * minute, occurrence)]);
    let event = || written_of_actions([action(&key())]);
    let sold = || vec![synchronize(1), service("subscriptions/create", 1, 3, &json!({})), link(1, 20, 104)];
    let failing = || [sold(), vec![then(0, failed(1))]].concat();
    let after_events = |next: Request| [failing(), vec![event(), next]].concat();
    let many: Vec<Event> = (1..=MANY).map(|n| (format!("euwest.backup.{n}"), START, failed(1))).collect();
    let flooded = [sold(), vec![report_events(&many)]].concat();
    let completed = vec![report_events(&[("euwest.restore.7".to_owned(), START, ActionEvent::Completed)])];
    let scenario =
        |name, before, request| Scenario { vendor: VendorName::Dropsuite, connectwise: true, name, before, request };
    vec![
        scenario("a failure opens a ticket", failing(), event()),
        scenario("another attempt is noted on its ticket", after_events(then(1, failed(2))), event()),
        scenario("a recovered action closes its ticket", after_events(then(1, ActionEvent::Completed)), event()),
        scenario("an abandoned action cancels its ticket", after_events(then(1, exhausted())), event()),
        scenario("a completed backup has a configuration", [sold(), vec![mailboxes(1)]].concat(), check()),
        scenario("an action that a report completes has a configuration", [sold(), completed].concat(), check()),
        scenario("many failures open one group ticket", flooded, written_of_actions([action(&key()), failures()])),
    ]
}
