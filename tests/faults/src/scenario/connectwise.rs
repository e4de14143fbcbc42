//! Stream events that are synchronized to ConnectWise.

use serde_json::{Value, json};
use service_manager::vendor::VendorName;

use super::Scenario;
use crate::harness::{days_pass, written};
use crate::request::Request;
use crate::request::connectwise::{agreement, link, plan, subscription};
use crate::request::dropsuite::{ARCHIVER, service, synchronize};

/// Returns all scenarios.
pub fn all() -> Vec<Scenario> {
    let call = |path, seats| service(path, 1, seats, &json!({}));
    let sold = || {
        let plans = [plan("Backup", "backup", 2), plan("Archive", "archive", 5)];
        let order = [synchronize(1), call("subscriptions/create", 3), link(1, 20, 104)];
        plans.into_iter().chain(order).collect::<Vec<_>>()
    };
    let event = || written([subscription(1)]);
    let billed = |more: Vec<Request>| {
        let mut before = sold();
        before.push(event());
        before.extend(more);
        before
    };
    let archiver: Value = json!({"AttributeList": {"plan": {"Code": ARCHIVER}}});
    let cancel = || call("subscriptions/cancel", 3);
    let scenario =
        |name, before, request| Scenario { vendor: VendorName::Dropsuite, connectwise: true, name, before, request };
    vec![
        scenario("an addition is made", sold(), event()),
        scenario("a link creates an addition", sold(), written([agreement(1)])),
        scenario("an addition follows its seats", billed(vec![call("subscriptions/update", 5)]), event()),
        scenario(
            "an addition follows its plan",
            billed(vec![service("subscriptions/update", 1, 3, &archiver)]),
            event(),
        ),
        scenario("an addition that was never billed is ended", billed(vec![cancel()]), event()),
        scenario("an addition is ended", billed(vec![days_pass(40), cancel()]), event()),
        scenario("an addition is moved to another agreement", billed(vec![link(1, 20, 105)]), written([agreement(1)])),
        scenario(
            "a new addition replaces an ended one",
            billed(vec![cancel(), event(), call("subscriptions/activate", 4)]),
            event(),
        ),
        scenario(
            "two writes of one subscription, and a link, come at once",
            sold(),
            written([subscription(1), agreement(1), subscription(1)]),
        ),
    ]
}
