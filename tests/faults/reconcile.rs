//! The recovery job, after each kind of crash at each change that a call makes at the vendor, without a retry by the
//! caller. Afterwards the state is as if the call had succeeded, or, if it had to create something and did not, as if
//! it had never been made.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use faults::fault::{Callee, Fault, Step};
use faults::harness::Harness;
use faults::parallel;
use faults::request::dropbox;
use faults::run::run_with_fault;
use faults::scenario::{self, Scenario};
use jiff::SignedDuration;
use sandbox::faults::{Cut, Rule};
use service_manager::provisioning::recovery::{self, Config, Report};
use service_manager::vendor::VendorName;

/// Time after which a job counts as abandoned.
const LATER: SignedDuration = SignedDuration::from_mins(30);

const BUDGET: Duration = Duration::from_mins(1);

async fn prepared(scenario: &Scenario) -> Harness {
    scenario.prepared().await.unwrap()
}

async fn reconciled(harness: &Harness, run: &str) -> Report {
    harness.stack.clock.advance(LATER);
    recovery::run(&harness.stack.app, &Config::default(), run, BUDGET).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn abandoned_jobs_are_completed_or_discarded() {
    let _turn = parallel::turn().await;
    let mut cases = Vec::new();
    for scenario in scenario::all() {
        let harness = prepared(&scenario).await;
        let (before, calls) = (harness.state().await, harness.vendor_calls().len());
        assert_eq!(harness.call(&scenario.request).await.code(), 0);
        let steps: Vec<Step> = (0..)
            .zip(harness.vendor_calls().split_off(calls))
            .filter(|(_, call)| harness.changes(call))
            .map(|(number, call)| Step {
                callee: Callee::Vendor,
                number,
                operation: format!("{} {}", call.method, call.path),
            })
            .collect();
        for step in steps {
            for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::DroppedAfter, Fault::Outage] {
                cases.push((scenario.clone(), step.clone(), fault, before.clone(), harness.state().await));
            }
        }
    }
    let all = cases.len();
    let results = parallel::run(cases, |(scenario, step, fault, before, after)| async move {
        let harness = prepared(&scenario).await;
        run_with_fault(&harness, &scenario.request, &step, fault).await;
        reconciled(&harness, "a run").await;
        let state = harness.state().await;
        let dropped = harness.creates(&step.operation) && as_if_never_made(&state) == as_if_never_made(&before);
        (state != after && !dropped).then(|| format!("{} / {step:?} / {fault:?}: {state:#}", scenario.name))
    })
    .await;
    let failed: Vec<String> = results.into_iter().filter_map(Result::unwrap).collect();
    for failed in &failed {
        println!("FAILED {failed}");
    }
    println!("{all} cases of abandoned jobs, {} not recovered", failed.len());
    assert!(failed.is_empty());
}

/// Removes what a call leaves whatever its outcome: the partner's settings, which the first change stores, and the account's
/// desired state that was applied last, which a call that failed clears.
fn as_if_never_made(state: &serde_json::Value) -> String {
    let mut state = state.clone();
    for table in state["table"].as_object_mut().into_iter().flat_map(|tables| tables.values_mut()) {
        if let Some(items) = table.as_array_mut() {
            items.retain(|item| item["sk"]["S"] != "partner");
            for item in items.iter_mut().filter_map(serde_json::Value::as_object_mut) {
                item.remove("last_applied");
            }
        }
    }
    state.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_cannot_be_completed_are_counted_and_retried() {
    let _turn = parallel::turn().await;
    let scenario =
        scenario::all().into_iter().find(|scenario| scenario.request.path == "subscriptions/cancel").unwrap();
    let harness = prepared(&scenario).await;
    let faults = harness.vendor_faults();
    faults.set(vec![Rule { path: "*".to_owned(), drop: Some(Cut::Before), after: 1, ..Rule::default() }]);
    assert!(harness.call(&scenario.request).await.asks_for_retry());
    assert_eq!(reconciled(&harness, "first").await, Report { recovered: 0, stuck: 1 });
    // Not retried before it is due again.
    let again = recovery::run(&harness.stack.app, &Config::default(), "second", BUDGET).await.unwrap();
    assert_eq!(again, Report::default());
    faults.clear();
    assert_eq!(reconciled(&harness, "third").await, Report { recovered: 1, stuck: 0 });
    assert_eq!(reconciled(&harness, "fourth").await, Report::default());
}

/// Between an order whose response was lost and the recovery, another call without knowledge of the order is made and
/// crashes too.
#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_order_is_resolved_after_other_calls() {
    let _turn = parallel::turn().await;
    let scenario = named(VendorName::Dropbox, "a first order");
    for fault in [Fault::KilledBefore, Fault::KilledAfter, Fault::FailedBefore, Fault::FailedAfter] {
        for number in 0..8 {
            let harness = prepared(&scenario).await;
            let create = Step { callee: Callee::Vendor, number: 1, operation: String::new() };
            run_with_fault(&harness, &scenario.request, &create, Fault::KilledAfter).await;
            harness.stack.clock.advance(LATER);
            let other = Step { callee: Callee::Table, number, operation: "TransactWriteItems".to_owned() };
            run_with_fault(&harness, &dropbox::synchronize(1), &other, fault).await;
            reconciled(&harness, "first").await;
            reconciled(&harness, "second").await;
            assert_eq!(reconciled(&harness, "third").await, Report::default(), "{fault:?} {number}");
            // Without the recovery, this order would create a second team, or be rejected because of the first team's
            // address.
            assert_eq!(harness.call(&scenario.request).await.code(), 0, "{fault:?} {number}");
            let teams = harness.vendor_state()["teams"].as_array().cloned().unwrap();
            assert_eq!(teams.len(), 1, "{fault:?} {number}");
        }
    }
}

fn named(vendor: VendorName, name: &str) -> Scenario {
    let mut all = scenario::all().into_iter();
    all.find(|scenario| scenario.vendor == vendor && scenario.name == name).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_contains_no_plain_text_credentials() {
    let _turn = parallel::turn().await;
    for (vendor, name, personal) in [
        (VendorName::Dropsuite, "a customer is created", "owner1@customer.example.com"),
        (VendorName::Dropbox, "a first order", "admin1@customer.example.com"),
    ] {
        let scenario = named(vendor, name);
        let harness = prepared(&scenario).await;
        let step = Step { callee: Callee::Vendor, number: 1, operation: String::new() };
        run_with_fault(&harness, &scenario.request, &step, Fault::KilledBefore).await;
        let table = harness.stack.dynamodb.state_json().await.unwrap().to_string();
        assert!(table.contains("sealed") && table.contains(personal), "{vendor}");
        for secret in harness.secrets() {
            assert!(!table.contains(secret), "{vendor}");
            assert!(!table.contains(&STANDARD.encode(secret)), "{vendor}");
        }
    }
}
