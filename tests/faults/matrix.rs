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
use faults::world::{Answer, DEADLINE, World};
use futures::StreamExt;
use futures::stream;
use serde_json::Value;

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
            for fault in Fault::of(clean.steps[index].callee) {
                cases.push((scenario.clone(), Arc::clone(&clean), index, *fault));
            }
        }
    }
    let results: Vec<_> = stream::iter(cases)
        .map(|(scenario, clean, index, fault)| async move {
            let outcome = case(&scenario, &clean, index, fault).await;
            (scenario, clean.steps[index].clone(), fault, outcome)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    report(&results);
}

async fn prepared(scenario: &Scenario) -> World {
    let world = World::new(scenario.vendor, DEADLINE).await.unwrap();
    for request in &scenario.before {
        let answer = world.call(request).await;
        assert_eq!(answer.code(), 0, "{}: {request:?}: {answer:?}", scenario.name);
    }
    world
}

async fn undisturbed(scenario: &Scenario) -> Clean {
    let world = prepared(scenario).await;
    let (vendor, table) = (world.vendor_calls().len(), world.stack.dynamodb.operations().len());
    let answer = world.call(&scenario.request).await;
    assert_eq!(answer.code(), 0, "{}: {answer:?}", scenario.name);
    let vendor = world.vendor_calls().split_off(vendor);
    let vendor = vendor.into_iter().map(|call| (Callee::Vendor, format!("{} {}", call.method, call.path)));
    let table = world.stack.dynamodb.operations().split_off(table).into_iter().map(|name| (Callee::Table, name));
    let number = |steps: Vec<(Callee, String)>| {
        let steps = steps.into_iter().zip(0..);
        steps.map(|((callee, operation), number)| Step { callee, number, operation }).collect::<Vec<_>>()
    };
    let steps = [number(vendor.collect()), number(table.collect())].concat();
    let holds = world.holds();
    assert_eq!(world.call(&scenario.request).await, answer, "{}: the same request twice", scenario.name);
    assert_eq!(world.holds(), holds, "{}: the same request twice", scenario.name);
    Clean { answer, holds, steps }
}

async fn case(scenario: &Scenario, clean: &Clean, index: usize, fault: Fault) -> Result<(), String> {
    let world = prepared(scenario).await;
    let disturbed = disturb(&world, &scenario.request, &clean.steps[index], fault).await;
    if !disturbed.met {
        return Err("the step was not reached".to_owned());
    }
    if let Some(answer) = disturbed.answer.filter(|answer| *answer != clean.answer && !answer.asks_for_retry()) {
        return Err(format!("the disturbed answer is neither the right one nor asks for a retry: {answer:?}"));
    }
    for retry in ["first", "second"] {
        let answer = world.call(&scenario.request).await;
        if answer != clean.answer {
            return Err(format!("the {retry} retry answers {answer:?}, not {:?}", clean.answer));
        }
        let holds = world.holds();
        if holds != clean.holds {
            return Err(format!("after the {retry} retry there is\n{holds:#}\nand not\n{:#}", clean.holds));
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
        let row = table.entry((scenario.vendor.as_str(), scenario.request.path, scenario.name)).or_default();
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
