//! Every fault at every step of every effectful endpoint.
//!
//! The steps are not written down here: each scenario is run once undisturbed, and every call that it makes, of the vendor
//! or of the table, is a step. Then it is run again for each step and each fault, and after that the same request is made
//! once and twice more, as an operator who presses Retry does. At the end all that the vendor and the table hold must be
//! what it is after the undisturbed run, and the answers must be the same. So whatever a step added later breaks is found
//! without a new test.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use faults::fault::{Callee, Fault, Step, disturb};
use faults::scenario::{self, Scenario};
use faults::world::{Answer, difference};
use futures::stream::{self, StreamExt, TryStreamExt};
use sandbox::calls::Call;
use serde_json::Value;
use service_manager::workers::sync::CREATE_IN_FLIGHT_WINDOW;

/// Cases under way at once: most of their time they wait.
const AT_ONCE: usize = 32;

/// What an undisturbed run came to.
struct Clean {
    answer: Answer,
    holds: Value,
    steps: Vec<Step>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_step_ends_as_if_nothing_had_happened() {
    let mut cases = Vec::new();
    for scenario in scenario::all() {
        let clean = Arc::new(undisturbed(&scenario).await);
        for index in 0..clean.steps.len() {
            for fault in Fault::at(&clean.steps[index]) {
                cases.push((scenario.clone(), Arc::clone(&clean), index, fault));
            }
        }
    }
    let results: Vec<_> = stream::iter(cases)
        // A task each, or one core would do them all.
        .map(|(scenario, clean, index, fault)| {
            tokio::spawn(async move {
                let outcome = case(&scenario, &clean, index, fault).await;
                (scenario, clean.steps[index].clone(), fault, outcome)
            })
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
        .unwrap();
    report(&results);
}

async fn undisturbed(scenario: &Scenario) -> Clean {
    let world = scenario.prepared().await.unwrap();
    let (vendor, table) = (world.vendor_calls().len(), world.stack.dynamodb.operations().len());
    let connectwise = world.stack.connectwise.calls().len();
    let answer = world.call(&scenario.request).await;
    assert_eq!(answer.code(), 0, "{}: {answer:?}", scenario.name);
    let vendor = world.vendor_calls().split_off(vendor);
    let calls = |callee, calls: Vec<Call>| {
        calls.into_iter().map(move |call| (callee, format!("{} {}", call.method, call.path))).collect()
    };
    let connectwise = world.stack.connectwise.calls().split_off(connectwise);
    let table = world.stack.dynamodb.operations().split_off(table).into_iter().map(|name| (Callee::Table, name));
    let number = |steps: Vec<(Callee, String)>| {
        let steps = steps.into_iter().zip(0..);
        steps.map(|((callee, operation), number)| Step { callee, number, operation }).collect::<Vec<_>>()
    };
    let (vendor, connectwise) = (calls(Callee::Vendor, vendor), calls(Callee::ConnectWise, connectwise));
    let steps = [number(vendor), number(connectwise), number(table.collect())].concat();
    let holds = world.holds();
    assert_eq!(world.call(&scenario.request).await, answer, "{}: the same request twice", scenario.name);
    assert_eq!(world.holds(), holds, "{}: the same request twice", scenario.name);
    Clean { answer, holds, steps }
}

async fn case(scenario: &Scenario, clean: &Clean, index: usize, fault: Fault) -> Result<(), String> {
    let world = scenario.prepared().await.unwrap();
    let disturbed = disturb(&world, &scenario.request, &clean.steps[index], fault).await;
    if !disturbed.met {
        return Err("the step was not reached".to_owned());
    }
    if let Some(answer) = disturbed.answer.filter(|answer| *answer != clean.answer && !answer.asks_for_retry()) {
        return Err(format!("the disturbed answer is neither the right one nor asks for a retry: {answer:?}"));
    }
    if scenario.connectwise {
        // Till then a create that was not answered may still be carried out, and is not sent again.
        world.stack.clock.advance(CREATE_IN_FLIGHT_WINDOW);
    }
    for retry in ["first", "second"] {
        let answer = world.call(&scenario.request).await;
        if answer != clean.answer {
            return Err(format!("the {retry} retry answers {answer:?}, not {:?}", clean.answer));
        }
        if let Some(difference) = difference(&world.holds(), &clean.holds) {
            return Err(format!("after the {retry} retry there is, at {difference}"));
        }
    }
    Ok(())
}

/// Faults tried, by step.
type Steps<'a> = BTreeMap<(Callee, u64, &'a str), usize>;

fn report(results: &[(Scenario, Step, Fault, Result<(), String>)]) {
    let mut table: BTreeMap<(&str, &str, &str), Steps<'_>> = BTreeMap::new();
    let mut failed = 0;
    for (scenario, step, fault, outcome) in results {
        let vendor = if scenario.connectwise { "connectwise" } else { scenario.vendor.as_str() };
        let row = table.entry((vendor, scenario.request.path, scenario.name)).or_default();
        *row.entry((step.callee, step.number, &step.operation)).or_default() += 1;
        if let Err(why) = outcome {
            failed += 1;
            println!("FAILED {} / {step:?} / {fault:?}: {why}", scenario.name);
        }
    }
    for ((vendor, path, name), steps) in &table {
        println!("{vendor}: {path}: {name}: {} cases", steps.values().sum::<usize>());
        for ((callee, number, operation), faults) in steps {
            println!("    {callee:?} {:>2} {operation:<40} {faults} faults", number + 1);
        }
    }
    let steps: usize = table.values().map(BTreeMap::len).sum();
    println!(
        "{} scenarios of {} endpoints, {steps} steps, {} cases, {failed} failed; in all others one vendor object and one mapping",
        table.len(),
        table.keys().map(|(_, path, _)| path).collect::<std::collections::BTreeSet<_>>().len(),
        results.len(),
    );
    assert_eq!(failed, 0, "{failed} cases failed, see above");
}
