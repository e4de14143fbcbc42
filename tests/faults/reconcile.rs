//! The reconciler: after each kind of crash at each change that a call makes at the vendor, nobody presses Retry. Later
//! everything is as if the call had ended well, or, if something new was to be made and never was, as if it had never come.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use faults::fault::{Callee, Fault, Step, disturb};
use faults::request::dropbox;
use faults::scenario::{self, Scenario};
use faults::world::World;
use futures::StreamExt;
use futures::stream;
use jiff::SignedDuration;
use sandbox::faults::{Cut, Rule};
use service_manager::provisioning::recovery::{self, Config, Report};
use service_manager::vendor::VendorName;

/// What an operator waits before somebody else takes over.
const LATER: SignedDuration = SignedDuration::from_mins(30);

const BUDGET: Duration = Duration::from_mins(1);

async fn prepared(scenario: &Scenario) -> World {
    scenario.prepared().await.unwrap()
}

async fn reconciled(world: &World, run: &str) -> Report {
    world.stack.clock.advance(LATER);
    recovery::run(&world.stack.app, &Config::default(), run, BUDGET).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_came_back_for_is_finished_or_dropped() {
    let mut cases = Vec::new();
    for scenario in scenario::all() {
        let world = prepared(&scenario).await;
        let (before, calls) = (world.holds(), world.vendor_calls().len());
        assert_eq!(world.call(&scenario.request).await.code(), 0);
        let steps: Vec<Step> = (0..)
            .zip(world.vendor_calls().split_off(calls))
            .filter(|(_, call)| world.changes(call))
            .map(|(number, call)| Step {
                callee: Callee::Vendor,
                number,
                operation: format!("{} {}", call.method, call.path),
            })
            .collect();
        for step in steps {
            for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::DroppedAfter, Fault::Outage] {
                cases.push((scenario.clone(), step.clone(), fault, before.clone(), world.holds()));
            }
        }
    }
    let all = cases.len();
    let failed: Vec<String> = stream::iter(cases)
        .map(|(scenario, step, fault, before, after)| async move {
            let world = prepared(&scenario).await;
            disturb(&world, &scenario.request, &step, fault).await;
            reconciled(&world, "a run").await;
            let holds = world.holds();
            let dropped = world.creates(&step.operation) && without_partner(&holds) == without_partner(&before);
            (holds != after && !dropped).then(|| format!("{} / {step:?} / {fault:?}: {holds:#}", scenario.name))
        })
        .buffer_unordered(8)
        .filter_map(async |failed| failed)
        .collect()
        .await;
    for failed in &failed {
        println!("FAILED {failed}");
    }
    println!("{all} cases of abandoned work, {} not settled", failed.len());
    assert!(failed.is_empty());
}

/// The partner's settings are kept by the first call that changes anything, whatever becomes of it.
fn without_partner(holds: &serde_json::Value) -> String {
    let mut holds = holds.clone();
    for table in holds["table"].as_object_mut().into_iter().flat_map(|tables| tables.values_mut()) {
        if let Some(items) = table.as_array_mut() {
            items.retain(|item| item["sk"]["S"] != "partner");
        }
    }
    holds.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_finished_is_counted_and_tried_again() {
    let scenario =
        scenario::all().into_iter().find(|scenario| scenario.request.path == "subscriptions/cancel").unwrap();
    let world = prepared(&scenario).await;
    let faults = world.vendor_faults();
    faults.set(vec![Rule { path: "*".to_owned(), drop: Some(Cut::Before), after: 1, ..Rule::default() }]);
    assert!(world.call(&scenario.request).await.asks_for_retry());
    assert_eq!(reconciled(&world, "first").await, Report { settled: 0, stuck: 1 });
    // Not again before it is due again.
    let again = recovery::run(&world.stack.app, &Config::default(), "second", BUDGET).await.unwrap();
    assert_eq!(again, Report::default());
    faults.clear();
    assert_eq!(reconciled(&world, "third").await, Report { settled: 1, stuck: 0 });
    assert_eq!(reconciled(&world, "fourth").await, Report::default());
}

/// Between an order whose answer was lost and the reconciler another call comes, which knows nothing of it, and dies too.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_in_doubt_is_settled_whatever_came_after_it() {
    let scenario = named(VendorName::Dropbox, "a first order");
    for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::FailedBefore, Fault::FailedAfter] {
        for number in 0..8 {
            let world = prepared(&scenario).await;
            let create = Step { callee: Callee::Vendor, number: 1, operation: String::new() };
            disturb(&world, &scenario.request, &create, Fault::KilledAfter).await;
            world.stack.clock.advance(LATER);
            let other = Step { callee: Callee::Table, number, operation: "TransactWriteItems".to_owned() };
            disturb(&world, &dropbox::synchronize(1), &other, fault).await;
            reconciled(&world, "first").await;
            reconciled(&world, "second").await;
            assert_eq!(reconciled(&world, "third").await, Report::default(), "{fault:?} {number}");
            // Had it not been settled, this order would make a second team or meet the first one's address.
            assert_eq!(world.call(&scenario.request).await.code(), 0, "{fault:?} {number}");
            let teams = world.vendor_state()["teams"].as_array().cloned().unwrap();
            assert_eq!(teams.len(), 1, "{fault:?} {number}");
        }
    }
}

fn named(vendor: VendorName, name: &str) -> Scenario {
    let mut all = scenario::all().into_iter();
    all.find(|scenario| scenario.vendor == vendor && scenario.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_not_in_the_table_in_clear() {
    for (vendor, name, personal) in [
        (VendorName::Dropsuite, "a customer is created", "owner1@customer.example.com"),
        (VendorName::Dropbox, "a first order", "admin1@customer.example.com"),
    ] {
        let scenario = named(vendor, name);
        let world = prepared(&scenario).await;
        let step = Step { callee: Callee::Vendor, number: 1, operation: String::new() };
        disturb(&world, &scenario.request, &step, Fault::KilledBefore).await;
        let table = world.stack.dynamodb.state_json().unwrap().to_string();
        assert!(table.contains("sealed") && table.contains(personal), "{vendor}");
        for secret in world.secrets() {
            assert!(!table.contains(secret), "{vendor}");
            assert!(!table.contains(&STANDARD.encode(secret)), "{vendor}");
        }
    }
}
