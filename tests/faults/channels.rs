//! Random histories of channels: two installations of the BSS with the same tokens, the MSP's portal and the vendor's own portal
//! sell to the same customers, at two hosts of the vendor with equal ids, alone and at once, while the vendor, ConnectWise or
//! the table fails. After each step the vendor's organizations at both hosts are compared with a model.
//!
//! A history depends only on its seed. `HISTORIES=1000` sets the number of histories, `SEED=…` replays one. With the feature
//! `adopt-any-owner` the product has a deliberate defect, and this test must fail.

use fastrand::Rng;
use faults::answer::Answer;
use faults::counts::Counts;
use faults::fault::{Callee, Fault, Step};
use faults::final_answer::{Final, agrees, call_until_final};
use faults::harness::{DEADLINE, Harness};
use faults::histories;
use faults::model::channels::World;
use faults::parallel;
use faults::request::channel::{CHANNELS, CUSTOMERS, Channel, Operation};
use faults::request::connectwise::plan;
use faults::run::{run_all_with_fault, run_with_fault};
use sandbox::stack::Options;
use service_manager::domain::error_code::ErrorCode;

const STEPS: u32 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_channel_sold_belongs_to_it() {
    let _turn = parallel::turn().await;
    histories::run(40, history, |all, counts, diverged| {
        let counts: Counts = counts.into_iter().sum();
        println!("{counts}channels: {all} histories of {STEPS} steps, {diverged} divergences");
    })
    .await;
}

async fn history(seed: u64) -> Result<Counts, String> {
    let options = Options { second_channel: true, deadline: DEADLINE, ..Options::from_env() };
    let harness = Harness::with(options).await.unwrap();
    harness.set_up_connectwise().await;
    let backup = plan("Backup", "backup", 2);
    harness.done(backup.path, backup.body).await;
    let mut history = History {
        harness,
        random: Rng::with_seed(seed),
        world: World::default(),
        counts: Counts::default(),
        trace: Vec::new(),
    };
    for step in 0..STEPS {
        let compared = match history.act().await {
            Ok(()) => history.compare(),
            Err(why) => Err(why),
        };
        compared.map_err(|why| format!("step {step}: {why}, after {:#?}", history.trace))?;
    }
    Ok(history.counts)
}

/// A history: its stack, and the model.
struct History {
    harness: Harness,
    random: Rng,
    world: World,
    counts: Counts,
    /// The steps so far, for the report of a divergence.
    trace: Vec<String>,
}

impl History {
    /// Takes a step.
    async fn act(&mut self) -> Result<(), String> {
        // A session lasts half an hour.
        self.harness.sign_in().await;
        let customer = self.random.usize(0..CUSTOMERS);
        match self.random.u32(0..10) {
            0 => {
                if let Some(organization) = self.world.create_in_portal(customer) {
                    self.counts.add("in the vendor's portal: created");
                    self.trace.push(format!("{customer} is created in the vendor's portal"));
                    self.harness.stack.dropsuite.create_in_portal(&organization).unwrap();
                }
                Ok(())
            }
            1..=3 if self.world.is_free(customer) => self.race(customer).await,
            _ => {
                let channel = CHANNELS[self.random.usize(0..CHANNELS.len())];
                let (operation, host) = self.world.any(&mut self.random, channel, customer);
                let request = self.world.request(channel, customer, host, operation);
                let (at, fault) = self.fault();
                let answered = run_with_fault(&self.harness, &request, &at, fault).await;
                self.count(&at, fault, answered.reached);
                let outcome = self.apply(channel, customer, host, operation);
                let is_wrong = answered.reached.then(|| refused_by(fault)).flatten();
                let may_be_final = |answer: &Answer| {
                    let refused = is_wrong.is_some_and(|code| answer.code() == i64::from(code.number()));
                    !answer.asks_for_retry() && !refused
                };
                if let Some(answer) = answered.answer.filter(may_be_final) {
                    agrees(&request, &answer, outcome)?;
                }
                call_until_final(&self.harness, &request, outcome).await
            }
        }
    }

    /// All channels sell at once to a customer that none has. The one whose reference the organization carries has it.
    async fn race(&mut self, customer: usize) -> Result<(), String> {
        let mut channels = CHANNELS;
        self.random.shuffle(&mut channels);
        let operation = Operation::Acquire(self.random.u32(2..20));
        let requests = channels.map(|channel| self.world.request(channel, customer, 0, operation));
        let (at, fault) = self.fault();
        let answered = run_all_with_fault(&self.harness, &requests, &at, fault).await;
        self.count(&at, fault, answered.iter().any(|outcome| outcome.reached));
        self.counts.add("channels at once");
        self.trace.push(format!("{customer} is acquired by {channels:?} at once"));
        let state = self.harness.vendor_state();
        self.world.take(customer, &state["organizations"]);
        for (channel, request) in channels.into_iter().zip(requests) {
            let outcome = self.apply(channel, customer, 0, operation);
            call_until_final(&self.harness, &request, outcome).await?;
        }
        Ok(())
    }

    fn fault(&mut self) -> (Step, Fault) {
        let callees = [Callee::Vendor, Callee::Vendor, Callee::Table, Callee::ConnectWise];
        let callee = callees[self.random.usize(0..callees.len())];
        let kinds = Fault::of(callee);
        let fault = loop {
            let fault = kinds[self.random.usize(0..kinds.len())];
            let slow = matches!(fault, Fault::TimedOut | Fault::ActedLate | Fault::Outage);
            if !slow || self.random.u32(0..10) == 0 {
                break fault;
            }
        };
        (Step { callee, number: self.random.u64(0..6), operation: String::new() }, fault)
    }

    fn apply(&mut self, channel: Channel, customer: usize, host: usize, operation: Operation) -> Final {
        let was_live = self.world.is_live(channel, customer);
        let outcome = self.world.apply(channel, customer, host, operation);
        if outcome.is_ok() {
            self.world.count(channel, customer, operation, was_live);
        }
        let code = outcome.map_or_else(ErrorCode::number, |()| 0);
        self.counts.add_variant(&format!("{channel:?} answered {code}:"), operation);
        self.trace.push(format!("{customer}: {operation:?} of {channel:?} at host {host} is answered {code}"));
        outcome
    }

    fn count(&mut self, at: &Step, fault: Fault, reached: bool) {
        if reached {
            self.counts.add_variant(&format!("fault of {:?}", at.callee), fault);
            self.trace.push(format!("{fault:?} of {:?} {}", at.callee, at.number));
        }
    }

    fn compare(&mut self) -> Result<(), String> {
        let stack = &self.harness.stack;
        let second = stack.second_dropsuite.as_ref().unwrap();
        let hosts = [stack.dropsuite.state_json(), second.sandbox.state_json()];
        hosts.iter().enumerate().try_for_each(|(host, state)| self.world.compare(host, &state["organizations"]))
    }
}

/// Returns the code of the refusal that one wrong answer of the vendor may lead to. Nothing is changed then, and a retry
/// is answered rightly.
fn refused_by(fault: Fault) -> Option<ErrorCode> {
    match fault {
        // There is no organization to link.
        Fault::Denied => Some(ErrorCode::FieldsInvalid),
        _ => None,
    }
}
