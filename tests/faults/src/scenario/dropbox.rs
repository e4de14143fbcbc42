//! Scenarios of Dropbox.

use serde_json::json;
use service_manager::vendor::VendorName;

use super::Scenario;
use crate::request::Request;
use crate::request::dropbox::{ADVANCED, STANDARD, account, governance, reseller, service, synchronize};

/// Returns all scenarios.
pub fn all() -> Vec<Scenario> {
    let none = json!({});
    let trial = json!({"IsTrial": true});
    let call = |path, plan, seats| service(path, 1, plan, seats, &none);
    let order = || call("subscriptions/create", STANDARD, 5);
    let cancel = || call("subscriptions/cancel", STANDARD, 5);
    let suspend = || call("subscriptions/suspend", STANDARD, 5);
    let add = || service("addons/create", 1, STANDARD, 5, &governance("Provision"));
    let synced = |more: &[Request]| [&[reseller(), synchronize(1)], more].concat();
    let scenario =
        |name, before, request| Scenario { vendor: VendorName::Dropbox, connectwise: false, name, before, request };
    vec![
        scenario("a reseller is synchronized", vec![], reseller()),
        scenario("a customer is synchronized", vec![reseller()], synchronize(1)),
        scenario("a customer is synchronized once more", synced(&[]), synchronize(1)),
        scenario("a first order", synced(&[]), order()),
        scenario("a first order is repeated", synced(&[order()]), order()),
        scenario(
            "an order after a cancelled one",
            synced(&[order(), cancel()]),
            service("subscriptions/create", 1, ADVANCED, 4, &json!({"SubscriptionID": "S1b"})),
        ),
        scenario("more licences", synced(&[order()]), call("subscriptions/update", STANDARD, 8)),
        scenario("fewer licences", synced(&[order()]), call("subscriptions/update", STANDARD, 3)),
        scenario("an upgrade with fewer licences", synced(&[order()]), call("subscriptions/update", ADVANCED, 3)),
        scenario(
            "a trial is converted by an update",
            synced(&[service("subscriptions/create", 1, STANDARD, 3, &trial)]),
            service("subscriptions/update", 1, STANDARD, 6, &json!({"IsTrial": true, "ActionType": "UpgradeToPaid"})),
        ),
        scenario(
            "a trial is converted by an upgrade to paid",
            synced(&[service("subscriptions/create", 1, STANDARD, 3, &trial)]),
            service("subscriptions/upgradetopaid", 1, STANDARD, 6, &trial),
        ),
        scenario("a team is suspended", synced(&[order()]), suspend()),
        scenario(
            "a team's suspension is reverted",
            synced(&[order(), suspend()]),
            call("subscriptions/activate", STANDARD, 6),
        ),
        scenario("a team's cancellation is repeated", synced(&[order(), cancel()]), cancel()),
        scenario("a team is cancelled", synced(&[order()]), cancel()),
        scenario("a team's add-on is created", synced(&[order()]), add()),
        scenario(
            "a team's add-on is cancelled",
            synced(&[order(), add()]),
            service("addons/cancel", 1, STANDARD, 5, &governance("Cancel")),
        ),
        scenario(
            "an account whose team is cancelled is deleted",
            synced(&[order(), cancel()]),
            Request::new("accounts/delete", account(1)),
        ),
    ]
}
