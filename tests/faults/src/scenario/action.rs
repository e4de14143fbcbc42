//! Failing actions, which become tickets in ConnectWise.

use service_manager::domain::action::timeline::ActionEvent;
use service_manager::vendor::VendorName;

use super::Scenario;
use crate::request::Request;
use crate::request::action::{Event, action, exhausted, failed, failures, hear};
use crate::request::connectwise::link;
use crate::request::dropsuite::synchronize;
use crate::world::written_of_actions;

/// So many failing actions are one ticket.
const MANY: u32 = 10;

/// Far from now: a failure that is long past becomes no ticket.
const START: i64 = 4_000_000_000;

/// All of them.
pub fn all() -> Vec<Scenario> {
    let key = || "euwest.backup.1".to_owned();
    let then = |minute: i64, occurrence| hear(&[(key(), START + 60 * minute, occurrence)]);
    let event = || written_of_actions([action(&key())]);
    let failing = || vec![synchronize(1), link(1, 20, 104), then(0, failed(1))];
    let told = |next: Request| [failing(), vec![event(), next]].concat();
    let many: Vec<Event> = (1..=MANY).map(|n| (format!("euwest.backup.{n}"), START, failed(1))).collect();
    let flooded = vec![synchronize(1), link(1, 20, 104), hear(&many)];
    let scenario =
        |name, before, request| Scenario { vendor: VendorName::Dropsuite, connectwise: true, name, before, request };
    vec![
        scenario("a failure opens a ticket", failing(), event()),
        scenario("another attempt is noted on its ticket", told(then(1, failed(2))), event()),
        scenario("a ticket is closed since it works again", told(then(1, ActionEvent::Completed)), event()),
        scenario("a ticket is cancelled since it is given up", told(then(1, exhausted())), event()),
        scenario("a flood is one ticket", flooded, written_of_actions([action(&key()), failures()])),
    ]
}
