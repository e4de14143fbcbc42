//! Calls during which a fault happens.

use std::time::Duration;

use sandbox::faults::Faults;

use crate::answer::Answer;
use crate::fault::{Callee, Fault, ROUND, Step, rules};
use crate::harness::{Harness, LEASE, SHORT_DEADLINE};
use crate::request::Request;

/// The outcome of a call with a fault.
#[derive(Clone, Debug)]
pub struct FaultOutcome {
    /// The response. `None` if the process was killed.
    pub answer: Option<Answer>,
    /// `true` if the step at which the fault was to happen was reached.
    pub reached: bool,
}

/// [`run_with_fault_within`] the time limit [`SHORT_DEADLINE`].
pub async fn run_with_fault(harness: &Harness, request: &Request, at: &Step, fault: Fault) -> FaultOutcome {
    run_with_fault_within(SHORT_DEADLINE, harness, request, at, fault).await
}

/// Makes `request` while `fault` happens at one of its steps. Afterwards no fault is active, no call is in flight, and
/// a lease that was not released has expired. `short` is the time limit of a request that must exceed it.
pub async fn run_with_fault_within(
    short: Duration,
    harness: &Harness,
    request: &Request,
    at: &Step,
    fault: Fault,
) -> FaultOutcome {
    let rules = rules(harness, at.callee);
    rules.set(fault.rules(short, at));
    let hit = || rules.counted().iter().any(|rule| rule.hits > 0);
    let mut running = harness.begin_within(fault.request_limit(short), request);
    if fault.kills() || fault == Fault::Frozen {
        until(|| hit() || running.is_finished()).await;
    }
    let met_early = hit();
    if fault.kills() {
        running.abort();
    }
    if fault == Fault::Frozen && met_early && !running.is_finished() {
        harness.stack.clock.advance(LEASE);
        harness.call(request).await;
    }
    let answer = (&mut running).await.ok();
    if fault == Fault::RefusedForGood {
        harness.stack.clock.advance(ROUND);
        harness.call(request).await;
    }
    let reached = hit();
    until(|| is_idle(rules)).await;
    rules.clear();
    if fault == Fault::RefusedForGood {
        for wait in [ROUND, LEASE, LEASE] {
            harness.stack.clock.advance(wait);
            harness.redrive().await;
        }
    }
    if answer.is_none() || at.callee == Callee::Table {
        harness.stack.clock.advance(LEASE);
    }
    FaultOutcome { answer, reached }
}

/// Makes `requests` concurrently while `fault` happens to one of their calls. The shared process is not killed.
pub async fn run_all_with_fault(harness: &Harness, requests: &[Request], at: &Step, fault: Fault) -> Vec<FaultOutcome> {
    let rules = rules(harness, at.callee);
    rules.set(fault.rules(SHORT_DEADLINE, at));
    let running: Vec<_> =
        requests.iter().map(|request| harness.begin_within(fault.request_limit(SHORT_DEADLINE), request)).collect();
    let answers = futures::future::join_all(running).await;
    let reached = rules.counted().iter().any(|rule| rule.hits > 0);
    until(|| is_idle(rules)).await;
    rules.clear();
    harness.stack.clock.advance(LEASE);
    answers.into_iter().map(|answer| FaultOutcome { answer: answer.ok(), reached }).collect()
}

/// Returns `true` if no call is delayed by a rule.
fn is_idle(rules: &Faults) -> bool {
    rules.in_flight() == 0
}

/// Waits for `condition`, with a time limit far above any delay of a rule.
async fn until(condition: impl Fn() -> bool) {
    for _ in 0..20_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
