//! Random histories: mixed calls, faults and concurrent repeats over a few accounts; calls with another partner's tokens; and
//! changes in the vendor's own portal. Each call is retried until it succeeds or is rejected. After each step the vendor's
//! state is compared with a simple model.
//!
//! A history depends only on its seed. `HISTORIES=5000` sets the number of histories, `SEED=…` replays one. With the
//! features `blind-retry` or `trust-first-answer` the product has a deliberate defect, and this test must fail.

use std::time::Duration;

use fastrand::Rng;
use faults::answer::Answer;
use faults::counts::Counts;
use faults::fault::{Callee, Fault, Step};
use faults::final_answer::{Final, agrees, call_until_final};
use faults::harness::{DEADLINE, Harness};
use faults::model::{Model, dropbox, dropsuite};
use faults::parallel;
use faults::request::{Caller, Request, Settings};
use faults::run::{FaultOutcome, run_all_with_fault, run_with_fault};
use jiff::SignedDuration;
use service_manager::domain::error_code::ErrorCode;
use service_manager::provisioning::recovery;

const ACCOUNTS: u32 = 3;
const STEPS: u32 = 12;

/// Answers that may be wrong, to which the first retry of a call may be exposed as well.
const WRONG: [Fault; 3] = [Fault::Denied, Fault::Emptied, Fault::Partial];

#[tokio::test(flavor = "multi_thread")]
async fn dropsuite_equals_the_model() {
    let _turn = parallel::turn().await;
    histories::<dropsuite::Account>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropbox_equals_the_model() {
    let _turn = parallel::turn().await;
    histories::<dropbox::Account>().await;
}

async fn histories<M: Model + 'static>() {
    faults::histories::run(100, history::<M>, |all, counts, diverged| {
        let counts: Counts = counts.into_iter().sum();
        println!("{counts}{}: {all} histories of {STEPS} steps, {diverged} divergences", M::VENDOR);
    })
    .await;
}

async fn history<M: Model>(seed: u64) -> Result<Counts, String> {
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
    let accounts: Vec<M> = (1..=ACCOUNTS).map(M::new).collect();
    let mut history =
        History { harness, random, accounts, rejects_duplicates, counts: Counts::default(), trace: Vec::new() };
    history.sell().await?;
    for step in 0..STEPS {
        let compared = match history.act().await {
            Ok(()) => history.compare(),
            Err(why) => Err(why),
        };
        compared.map_err(|why| format!("step {step}: {why}, after {:#?}", history.trace))?;
    }
    // The recovery job looks at what was recorded as gone, and finds nothing to do.
    history.harness.stack.clock.advance(SignedDuration::from_mins(30));
    let app = &history.harness.stack.app;
    let report = recovery::run(app, &recovery::Config::default(), "at the end", Duration::from_mins(1)).await.unwrap();
    history
        .compare()
        .map_err(|why| format!("after the recovery job, {report:?}: {why}, after {:#?}", history.trace))?;
    Ok(history.counts)
}

/// A history: its stack, and the models of its accounts.
struct History<M> {
    harness: Harness,
    random: Rng,
    accounts: Vec<M>,
    rejects_duplicates: bool,
    counts: Counts,
    /// The steps so far, for the report of a divergence.
    trace: Vec<String>,
}

impl<M: Model> History<M> {
    /// Sells to half of the accounts, without faults.
    async fn sell(&mut self) -> Result<(), String> {
        for index in 0..self.accounts.len() {
            let sold = [0, 0, 1, 2, 2, 2][self.random.usize(0..6)];
            for operation in M::sale(&mut self.random).into_iter().take(sold) {
                let request = self.request(index, operation, Settings::Own);
                let outcome = self.apply(index, operation, Settings::Own);
                call_until_final(&self.harness, &request, outcome).await?;
            }
        }
        Ok(())
    }

    /// Takes a step.
    async fn act(&mut self) -> Result<(), String> {
        let index = self.random.usize(0..self.accounts.len());
        if self.random.u32(0..7) == 0 {
            let changed = self.accounts[index].change_in_portal(&self.harness, &mut self.random);
            self.counts.add(format!("in the vendor's portal: {}", changed.unwrap_or("nothing")));
            self.trace.push(format!("{index}: in the vendor's portal {changed:?}"));
            return Ok(());
        }
        let fault = fault(&mut self.random, self.rejects_duplicates);
        let at = Step {
            callee: if fault == Fault::LostRace || self.random.bool() && Fault::of(Callee::Table).contains(&fault) {
                Callee::Table
            } else {
                Callee::Vendor
            },
            number: self.random.u64(0..8),
            operation: String::new(),
        };
        let operation = self.any();
        let others = self.accounts[index].has_history() && self.random.u32(0..7) == 0;
        let settings = if others { Settings::OtherPartner } else { Settings::Own };
        match self.random.u32(0..5) {
            // Several callers with the same request.
            0 => {
                let request = self.request(index, operation, settings);
                let requests = vec![request.clone(); self.random.usize(2..5)];
                let answers = self.all_with_fault(&requests, &at, fault).await;
                let outcome = self.apply(index, operation, settings);
                for answer in answers {
                    agrees(&request, &answer, outcome)?;
                }
                self.retry_until_final(&request, outcome).await
            }
            // Different accounts concurrently.
            1 => {
                let operations: Vec<_> = (0..self.accounts.len()).map(|_| self.any()).collect();
                let requests: Vec<_> = operations
                    .iter()
                    .enumerate()
                    .map(|(index, operation)| self.request(index, *operation, Settings::Own))
                    .collect();
                self.all_with_fault(&requests, &at, fault).await;
                for (index, (operation, request)) in operations.into_iter().zip(&requests).enumerate() {
                    let outcome = self.apply(index, operation, Settings::Own);
                    self.retry_until_final(request, outcome).await?;
                }
                Ok(())
            }
            // Different requests for one account concurrently. The one that is retried last determines the final state.
            2 => {
                let operations = self.accounts[index].rivals(&mut self.random);
                let requests = operations.map(|operation| self.request(index, operation, settings));
                self.all_with_fault(&requests, &at, fault).await;
                let [_, outcome] = operations.map(|operation| self.apply(index, operation, settings));
                let [_, last] = &requests;
                self.retry_until_final(last, outcome).await
            }
            // One caller, whose process may be killed or frozen.
            _ => {
                let request = self.request(index, operation, settings);
                let FaultOutcome { answer, reached } = run_with_fault(&self.harness, &request, &at, fault).await;
                self.count(&at, fault, reached);
                let outcome = self.apply(index, operation, settings);
                if let Some(answer) = answer.filter(|answer| !answer.asks_for_retry()) {
                    agrees(&request, &answer, outcome)?;
                }
                self.retry_until_final(&request, outcome).await
            }
        }
    }

    fn any(&mut self) -> M::Operation {
        M::any(&mut self.random, self.rejects_duplicates)
    }

    fn request(&self, index: usize, operation: M::Operation, settings: Settings) -> Request {
        self.accounts[index].request(operation).by(Caller { settings, ..Caller::default() })
    }

    fn apply(&mut self, index: usize, operation: M::Operation, settings: Settings) -> Final {
        let outcome = self.accounts[index].apply(operation, settings);
        let with = if settings == Settings::Own { "" } else { "with another partner's tokens, " };
        let code = outcome.map_or_else(ErrorCode::number, |()| 0);
        self.counts.add_variant(&format!("{with}answered {code}:"), operation);
        self.trace.push(format!("{index}: {with}{operation:?} is answered {code}"));
        outcome
    }

    /// Makes the requests concurrently, and returns the answers that are final.
    async fn all_with_fault(&mut self, requests: &[Request], at: &Step, fault: Fault) -> Vec<Answer> {
        let outcomes = run_all_with_fault(&self.harness, requests, at, fault).await;
        self.count(at, fault, outcomes.iter().any(|outcome| outcome.reached));
        self.counts.add(format!("{} calls at once", requests.len()));
        let answers = outcomes.into_iter().filter_map(|outcome| outcome.answer);
        answers.filter(|answer| !answer.asks_for_retry()).collect()
    }

    fn count(&mut self, at: &Step, fault: Fault, reached: bool) {
        if reached {
            self.counts.add_variant(&format!("fault of {:?}", at.callee), fault);
            self.trace.push(format!("{fault:?} of {:?} {}", at.callee, at.number));
        }
    }

    /// Retries the call until it succeeds or is rejected. The first retry may be exposed to another fault.
    async fn retry_until_final(&mut self, request: &Request, outcome: Final) -> Result<(), String> {
        if self.rejects_duplicates && self.random.u32(0..4) == 0 {
            let fault = WRONG[self.random.usize(0..WRONG.len())];
            let at = Step { callee: Callee::Vendor, number: self.random.u64(0..3), operation: String::new() };
            let FaultOutcome { answer, reached } = run_with_fault(&self.harness, request, &at, fault).await;
            if reached {
                self.counts.add_variant("fault of a retry", fault);
                self.trace.push(format!("{fault:?} of a retry"));
            }
            if let Some(answer) = answer.filter(|answer| !answer.asks_for_retry()) {
                agrees(request, &answer, outcome)?;
            }
        }
        call_until_final(&self.harness, request, outcome).await
    }

    fn compare(&self) -> Result<(), String> {
        let vendor = self.harness.vendor_state();
        self.accounts.iter().find_map(|account| account.diverges(&vendor)).map_or(Ok(()), Err)
    }
}

/// Faults that make the product wait for its own deadline are rarer, to save time. A create that the vendor processes
/// after the product has stopped looking for it differs from one that was never processed only by the vendor's
/// rejection of a second create.
fn fault(random: &mut Rng, rejects_duplicates: bool) -> Fault {
    // Few reads in a call can be answered wrongly with an effect, so these faults are tried more often.
    if random.u32(0..5) == 0 {
        return WRONG[random.usize(0..WRONG.len())];
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
