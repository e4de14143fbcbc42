//! Scenarios of Dropsuite.

use serde_json::json;

use service_manager::vendor::VendorName;

use super::Scenario;
use crate::request::Request;
use crate::request::dropsuite::{archiving, extra_seats, reseller, service, synchronize};

/// Returns all scenarios.
pub fn all() -> Vec<Scenario> {
    let none = json!({});
    let synced = || vec![synchronize(1)];
    let sold = || vec![synchronize(1), service("subscriptions/create", 1, 3, &json!({}))];
    let then = |mut before: Vec<Request>, request: Request| {
        before.push(request);
        before
    };
    let scenario =
        |name, before, request| Scenario { vendor: VendorName::Dropsuite, connectwise: false, name, before, request };
    let mut renamed = synchronize(1);
    renamed.body["Name"] = json!("Customer 1 renamed");
    let customer_of_reseller = {
        let mut request = synchronize(2);
        request.body["ResellerID"] = json!("7");
        request
    };
    let new_reseller = || Request::new("accounts/synchronize", reseller(7));
    let call = |path, seats| service(path, 1, seats, &none);
    vec![
        scenario("a customer is created", vec![], synchronize(1)),
        scenario("a reseller is created", vec![], new_reseller()),
        scenario("a reseller's customer is created", vec![new_reseller()], customer_of_reseller),
        scenario("a customer is synchronized again", synced(), synchronize(1)),
        scenario("a customer is renamed", synced(), renamed),
        scenario("an account is deleted", synced(), Request::new("accounts/delete", synchronize(1).body)),
        scenario("a subscription is created", synced(), call("subscriptions/create", 3)),
        scenario("an order is repeated", sold(), call("subscriptions/create", 3)),
        scenario(
            "a subscription follows a cancelled one",
            then(sold(), call("subscriptions/cancel", 3)),
            service("subscriptions/create", 1, 4, &json!({"SubscriptionID": "S1b"})),
        ),
        scenario("seats are changed", sold(), call("subscriptions/update", 5)),
        scenario(
            "a trial is converted with more seats",
            then(synced(), service("subscriptions/create", 1, 3, &json!({"IsTrial": true}))),
            service("subscriptions/upgradetopaid", 1, 5, &json!({"IsTrial": true})),
        ),
        scenario("a subscription is suspended", sold(), call("subscriptions/suspend", 3)),
        scenario(
            "a suspension is reverted",
            then(sold(), call("subscriptions/suspend", 3)),
            call("subscriptions/activate", 3),
        ),
        scenario("a subscription is cancelled", sold(), call("subscriptions/cancel", 3)),
        scenario(
            "a cancellation is repeated",
            then(sold(), call("subscriptions/cancel", 3)),
            call("subscriptions/cancel", 3),
        ),
        scenario(
            "a cancellation is reverted",
            then(sold(), call("subscriptions/cancel", 3)),
            call("subscriptions/activate", 6),
        ),
        scenario("an add-on is created", sold(), service("addons/create", 1, 3, &archiving("Provision"))),
        scenario(
            "an add-on is changed",
            then(sold(), service("addons/create", 1, 3, &extra_seats(2, "Provision"))),
            service("addons/update", 1, 3, &extra_seats(4, "Upgrade")),
        ),
        scenario(
            "an add-on is cancelled",
            then(sold(), service("addons/create", 1, 3, &archiving("Provision"))),
            service("addons/cancel", 1, 3, &archiving("Cancel")),
        ),
        scenario(
            "an add-on's cancellation is repeated",
            then(
                then(sold(), service("addons/create", 1, 3, &archiving("Provision"))),
                service("addons/cancel", 1, 3, &archiving("Cancel")),
            ),
            service("addons/cancel", 1, 3, &archiving("Cancel")),
        ),
    ]
}
