//! Every fault at every step of every effectful endpoint.
//!
//! The steps are not listed here. Each scenario runs once without faults, and every call that it makes, to the vendor
//! or to the table, is a step. Then it runs again for each step and each fault, and the same request is repeated twice,
//! as an operator who presses Retry does. At the end the state of the vendor and of the table must equal that of the
//! run without faults, and the responses must be the same. A step added later is covered without a new test.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use faults::answer::Answer;
use faults::fault::{Callee, Fault, Step};
use faults::harness::{Harness, SHORT_DEADLINE};
use faults::parallel;
use faults::request::action::CHECK;
use faults::run::run_with_fault_within;
use faults::scenario::{self, Scenario};
use faults::state::difference;
use sandbox::call_log::Call;
use serde_json::Value;

/// Number of cases of a scenario that start from the same snapshot, one after the other.
const GROUP: usize = 24;

/// The result of a run without faults.
struct Clean {
    answer: Answer,
    state: Value,
    steps: Vec<Step>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_step_has_the_same_final_state() {
    let _turn = parallel::turn().await;
    let mut groups = Vec::new();
    for scenario in scenario::all() {
        let clean = Arc::new(undisturbed(&scenario).await);
        // A check has no caller whom a refusal of its credentials could be answered.
        let applies = |fault: &Fault| !fault.refuses() || scenario.request.path == CHECK;
        let at = |step: &Step| {
            let faults = Fault::at(step).filter(applies);
            faults.map(|fault| (step.clone(), fault)).collect::<Vec<_>>()
        };
        let cases: Vec<_> = clean.steps.iter().flat_map(at).collect();
        let number = cases.len().div_ceil(GROUP);
        // Slow faults, which come at the same steps, are spread over all groups.
        groups.extend((0..number).map(|first| {
            let cases: Vec<_> = cases.iter().skip(first).step_by(number).cloned().collect();
            (scenario.clone(), Arc::clone(&clean), cases)
        }));
    }
    let results =
        parallel::run(groups, |(scenario, clean, cases)| async move { outcomes(&scenario, &clean, cases).await }).await;
    let (groups, died): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    report(&groups.into_iter().flat_map(Result::unwrap).collect::<Vec<_>>());
    assert!(died.is_empty(), "groups of cases died: {died:?}");
}

/// A case and its outcome.
type Outcome = (Scenario, Step, Fault, Result<(), String>);

const NOT_REACHED: &str = "the step was not reached";

async fn outcomes(scenario: &Scenario, clean: &Clean, cases: Vec<(Step, Fault)>) -> Vec<Outcome> {
    let prepared = scenario.prepared().await.unwrap().into_snapshot().await.unwrap();
    let mut outcomes = Vec::new();
    for (step, fault) in cases {
        let mut outcome = Err(NOT_REACHED.to_owned());
        // On a busy machine, the time of a request that shall run out of it can be over before the step.
        for longer in [1, 2, 4] {
            let harness = prepared.start().await.unwrap();
            outcome = case(&harness, scenario, clean, &step, (fault, SHORT_DEADLINE * longer)).await;
            if !outcome.as_ref().is_err_and(|why| why == NOT_REACHED) {
                break;
            }
        }
        outcomes.push((scenario.clone(), step, fault, outcome));
    }
    outcomes
}

async fn undisturbed(scenario: &Scenario) -> Clean {
    // From a snapshot, as the cases: a new process has read nothing.
    let harness = scenario.prepared().await.unwrap().into_snapshot().await.unwrap().start().await.unwrap();
    let (vendor, table) = (harness.vendor_calls().len(), harness.stack.dynamodb.operations().len());
    let connectwise = harness.stack.connectwise.calls().len();
    let answer = harness.call(&scenario.request).await;
    assert_eq!(answer.code(), 0, "{}: {answer:?}", scenario.name);
    let vendor = harness.vendor_calls().split_off(vendor);
    let calls = |callee, calls: Vec<Call>| {
        calls.into_iter().map(move |call| (callee, format!("{} {}", call.method, call.path))).collect()
    };
    let connectwise = harness.stack.connectwise.calls().split_off(connectwise);
    let table = harness.stack.dynamodb.operations().split_off(table).into_iter().map(|name| (Callee::Table, name));
    let number = |steps: Vec<(Callee, String)>| {
        let steps = steps.into_iter().zip(0..);
        steps.map(|((callee, operation), number)| Step { callee, number, operation }).collect::<Vec<_>>()
    };
    let (vendor, connectwise) = (calls(Callee::Vendor, vendor), calls(Callee::ConnectWise, connectwise));
    let steps = [number(vendor), number(connectwise), number(table.collect())].concat();
    let state = harness.state().await;
    assert_eq!(harness.call(&scenario.request).await, answer, "{}: the same request twice", scenario.name);
    assert_eq!(harness.state().await, state, "{}: the same request twice", scenario.name);
    Clean { answer, state, steps }
}

async fn case(
    harness: &Harness,
    scenario: &Scenario,
    clean: &Clean,
    step: &Step,
    (fault, short): (Fault, Duration),
) -> Result<(), String> {
    let outcome = run_with_fault_within(short, harness, &scenario.request, step, fault).await;
    if !outcome.reached {
        return Err(NOT_REACHED.to_owned());
    }
    if let Some(answer) = outcome.answer.filter(|answer| *answer != clean.answer && !answer.asks_for_retry()) {
        return Err(format!(
            "the response during the fault is neither the expected one nor asks for a retry: {answer:?}"
        ));
    }
    harness.stack.clock.advance(scenario.create_window());
    for retry in ["first", "second"] {
        let answer = harness.call(&scenario.request).await;
        if answer != clean.answer {
            return Err(format!("the {retry} retry returns {answer:?}, not {:?}", clean.answer));
        }
        if let Some(difference) = difference(&harness.state().await, &clean.state) {
            return Err(format!("after the {retry} retry the state differs at {difference}"));
        }
    }
    Ok(())
}

/// Number of faults tried, by step.
type Steps<'a> = BTreeMap<(Callee, u64, &'a str), usize>;

fn report(results: &[Outcome]) {
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
