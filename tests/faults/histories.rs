//! Random histories: mixed calls, faults and concurrent repeats over a few accounts. Each call is retried until it
//! succeeds or is rejected. After each step the vendor's state is compared with a simple model.
//!
//! A history depends only on its seed. `HISTORIES=5000` sets the number of histories, `SEED=…` replays one. With the
//! features `blind-retry`, `trust-first-answer` or `adopt-any-owner` the product has a deliberate defect, and this test must
//! fail.

use fastrand::Rng;
use faults::fault::{Callee, Fault, FaultOutcome, Step, run_all_with_fault, run_with_fault};
use faults::harness::{Answer, DEADLINE, Harness, LEASE};
use faults::model::{Model, dropbox, dropsuite};
use faults::request::Request;

const ACCOUNTS: u32 = 3;
const STEPS: u32 = 12;

/// Maximum number of retries of a call. An operator would escalate after that.
const PATIENCE: u32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn dropsuite_equals_the_model() {
    histories::<dropsuite::Account>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropbox_equals_the_model() {
    histories::<dropbox::Account>().await;
}

async fn histories<M: Model + 'static>() {
    faults::histories::run(100, history::<M>, |all, operations, diverged| {
        let operations: u32 = operations.into_iter().sum();
        println!("{}: {all} histories, {operations} operations, {diverged} divergences", M::VENDOR);
    })
    .await;
}

async fn history<M: Model>(seed: u64) -> Result<u32, String> {
    let mut random = Rng::with_seed(seed);
    let harness = Harness::new(M::VENDOR, DEADLINE).await.unwrap();
    // Half of the histories run without the vendor's protection against duplicates. `fault` explains the exceptions.
    let rejects_duplicates = random.bool();
    if !rejects_duplicates {
        harness.tolerate_duplicates();
    }
    for request in M::setting() {
        assert_eq!(harness.call(&request).await.code(), 0);
    }
    let mut accounts: Vec<M> = (1..=ACCOUNTS).map(M::new).collect();
    let mut operations = 0;
    for step in 0..STEPS {
        operations += act(&harness, &mut random, &mut accounts, rejects_duplicates)
            .await
            .map_err(|why| format!("step {step}: {why}"))?;
        compare(&harness, &accounts).map_err(|why| format!("step {step}: {why}"))?;
    }
    Ok(operations)
}

async fn act<M: Model>(
    harness: &Harness,
    random: &mut Rng,
    accounts: &mut [M],
    rejects_duplicates: bool,
) -> Result<u32, String> {
    let fault = fault(random, rejects_duplicates);
    let at = Step {
        callee: if fault == Fault::LostRace || random.bool() && Fault::of(Callee::Table).contains(&fault) {
            Callee::Table
        } else {
            Callee::Vendor
        },
        number: random.u64(0..8),
        operation: String::new(),
    };
    let index = random.usize(0..accounts.len());
    let operation = M::any(random, rejects_duplicates);
    match random.u32(0..5) {
        // Several callers with the same request.
        0 => {
            let request = accounts[index].request(operation);
            let callers = random.usize(2..5);
            let requests = vec![request.clone(); callers];
            let answers = run_all_with_fault(harness, &requests, &at, fault).await;
            let mut expected = accounts[index].clone();
            let outcome = expected.apply(operation);
            for answer in answers.into_iter().flatten().filter(|answer| !answer.asks_for_retry()) {
                agrees(&request, &answer, outcome)?;
            }
            retry_until_final(harness, &request, outcome).await?;
            accounts[index] = expected;
            Ok(u32::try_from(callers).unwrap_or(0))
        }
        // Different accounts concurrently.
        1 => {
            let operations: Vec<_> = accounts.iter().map(|_| M::any(random, rejects_duplicates)).collect();
            let requests: Vec<_> =
                accounts.iter().zip(&operations).map(|(account, operation)| account.request(*operation)).collect();
            run_all_with_fault(harness, &requests, &at, fault).await;
            for ((account, operation), request) in accounts.iter_mut().zip(operations).zip(&requests) {
                let outcome = account.apply(operation);
                retry_until_final(harness, request, outcome).await?;
            }
            Ok(ACCOUNTS)
        }
        // Different requests for one account concurrently. The one that is retried last determines the final state.
        2 => {
            let operations = accounts[index].rivals(random);
            let requests = operations.map(|operation| accounts[index].request(operation));
            let answers = run_all_with_fault(harness, &requests, &at, fault).await;
            let outcomes = operations.map(|operation| accounts[index].apply(operation));
            for ((answer, request), outcome) in answers.into_iter().zip(&requests).zip(outcomes) {
                if let Some(answer) = answer.filter(|answer| !answer.asks_for_retry()) {
                    agrees(request, &answer, outcome)?;
                }
            }
            let [_, last] = &requests;
            retry_until_final(harness, last, outcomes[1]).await?;
            Ok(2)
        }
        // One caller, whose process may be killed or frozen.
        _ => {
            let request = accounts[index].request(operation);
            let FaultOutcome { answer, .. } = run_with_fault(harness, &request, &at, fault).await;
            let outcome = accounts[index].apply(operation);
            if let Some(answer) = answer.filter(|answer| !answer.asks_for_retry()) {
                agrees(&request, &answer, outcome)?;
            }
            retry_until_final(harness, &request, outcome).await?;
            Ok(1)
        }
    }
}

/// Retries the call until it succeeds or is rejected.
async fn retry_until_final(
    harness: &Harness,
    request: &Request,
    outcome: Result<(), service_manager::domain::error_code::ErrorCode>,
) -> Result<(), String> {
    for _ in 0..PATIENCE {
        let answer = harness.call(request).await;
        if !answer.asks_for_retry() {
            return agrees(request, &answer, outcome);
        }
        harness.stack.clock.advance(LEASE);
    }
    Err(format!("no answer to {request:?}"))
}

fn agrees(
    request: &Request,
    answer: &Answer,
    outcome: Result<(), service_manager::domain::error_code::ErrorCode>,
) -> Result<(), String> {
    let code = outcome.map_or_else(|code| i64::from(code.number()), |()| 0);
    if answer.code() == code { Ok(()) } else { Err(format!("{request:?} answers {answer:?} and not {code}")) }
}

fn compare<M: Model>(harness: &Harness, accounts: &[M]) -> Result<(), String> {
    let vendor = harness.vendor_state();
    match accounts.iter().find_map(|account| account.diverges(&vendor)) {
        Some(why) => Err(why),
        None => Ok(()),
    }
}

/// Faults that make the product wait for its own deadline are rarer, to save time. A create that the vendor processes
/// after the product has stopped looking for it differs from one that was never processed only by the vendor's
/// rejection of a second create.
fn fault(random: &mut Rng, rejects_duplicates: bool) -> Fault {
    // Only one read in a call can be denied with an effect, so this fault is tried more often.
    if random.u32(0..6) == 0 {
        return Fault::Denied;
    }
    loop {
        let callee = if random.bool() { Callee::Vendor } else { Callee::Table };
        let kinds = Fault::of(callee);
        let fault = kinds[random.usize(0..kinds.len())];
        let slow = matches!(fault, Fault::TimedOut | Fault::ActedLate | Fault::Outage);
        if (rejects_duplicates || !fault.acts_late()) && (!slow || random.u32(0..10) == 0) {
            return fault;
        }
    }
}
