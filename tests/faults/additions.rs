//! Random histories of sales, trials and links. Stream events reach the consumer late, twice, out of order and in several
//! instances at once, while ConnectWise or the table fails. After each step the open additions in ConnectWise must
//! equal those of a simple model: no duplicates, none missing.
//!
//! A history depends only on its seed. `HISTORIES=1000` sets the number of histories, `SEED=…` replays one.

use std::time::Duration;

use fastrand::Rng;
use faults::fault::{Callee, Fault, Step};
use faults::harness::{DEADLINE, Harness, written};
use faults::histories;
use faults::parallel;
use faults::request::Request;
use faults::request::connectwise::{agreement, link, plan, subscription, unlink};
use faults::request::dropsuite::{ARCHIVER, BACKUP, service, synchronize};
use faults::run::{run_all_with_fault, run_with_fault};
use jiff::SignedDuration;
use serde_json::{Value, json};
use service_manager::vendor::VendorName;
use service_manager::workers::redrive::{Event, redrive};
use service_manager::workers::sync::CONNECTWISE_CREATE_WINDOW;

const ACCOUNTS: u32 = 3;
const STEPS: u32 = 12;
const PATIENCE: u32 = 6;

/// Billable agreements of company 20.
const AGREEMENTS: [u32; 2] = [104, 105];

/// An open addition: agreement, plan, quantity, and `true` for a trial, which is not billed.
type Addition = (u32, &'static str, u32, bool);

/// The expected state of an account.
#[derive(Clone, Debug)]
struct Account {
    number: u32,
    agreement: Option<u32>,
    live: bool,
    seats: u32,
    plan: &'static str,
    trial: bool,
    /// The addition in ConnectWise. It stays unchanged while the account is not linked.
    addition: Option<Addition>,
}

impl Account {
    /// Applies a random operation to the model. Returns the requests that perform it.
    fn act(&mut self, random: &mut Rng) -> Vec<Request> {
        let call = |account: &Self, path| {
            let plan = json!({"AttributeList": {"plan": {"Code": account.plan}}});
            service(path, account.number, account.seats, &plan)
        };
        let requests = match random.u32(0..10) {
            0..=2 => {
                let agreement = AGREEMENTS[random.usize(0..AGREEMENTS.len())];
                self.agreement = Some(agreement);
                vec![link(self.number, 20, agreement)]
            }
            3 => {
                self.agreement = None;
                vec![unlink(self.number)]
            }
            4 if self.live => {
                self.live = false;
                vec![call(self, "subscriptions/cancel")]
            }
            5 if self.live => vec![call(self, "subscriptions/suspend"), call(self, "subscriptions/activate")],
            6 if self.live => {
                self.plan = if self.plan == BACKUP { ARCHIVER } else { BACKUP };
                vec![call(self, "subscriptions/update")]
            }
            7 if self.live && self.trial => {
                (self.seats, self.trial) = (random.u32(1..20), false);
                vec![call(self, "subscriptions/upgradetopaid")]
            }
            _ => {
                self.seats = random.u32(1..20);
                let path = if self.live { "subscriptions/update" } else { "subscriptions/activate" };
                self.live = true;
                vec![call(self, path)]
            }
        };
        if let Some(agreement) = self.agreement {
            self.addition = self.live.then_some((agreement, self.plan, self.seats, self.trial));
        }
        requests
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn open_additions_equal_the_model() {
    let _turn = parallel::turn().await;
    histories::run(30, history, |all, events, diverged| {
        let events: u32 = events.into_iter().sum();
        println!("{all} histories of {STEPS} changes, {events} events, {diverged} divergences");
    })
    .await;
}

async fn history(seed: u64) -> Result<u32, String> {
    let mut random = Rng::with_seed(seed);
    let harness = Harness::new(VendorName::Dropsuite, DEADLINE).await.unwrap();
    harness.set_up_connectwise().await;
    let mut accounts = Vec::new();
    for request in [plan("Backup", "backup", 2), plan("Archive", "archive", 5)] {
        harness.done(request.path, request.body).await;
    }
    for number in 1..=ACCOUNTS {
        let trial = random.bool();
        for request in [synchronize(number), service("subscriptions/create", number, 3, &json!({"IsTrial": trial}))] {
            harness.done(request.path, request.body).await;
        }
        accounts.push(Account { number, agreement: None, live: true, seats: 3, plan: BACKUP, trial, addition: None });
    }
    let mut events = 0;
    for step in 0..STEPS {
        let index = random.usize(0..accounts.len());
        harness.sign_in().await;
        for request in accounts[index].act(&mut random) {
            harness.done(request.path, request.body).await;
        }
        events += deliver(&harness, &mut random, index).await;
        let changed = accounts[index].number;
        redeliver(&harness, changed).await.map_err(|why| format!("step {step}: {why}"))?;
        compare(&harness, &accounts).map_err(|why| format!("step {step}, {:?}: {why}", accounts[index]))?;
    }
    // Pending tasks are in the index of due work, and are processed when they are due.
    harness.stack.clock.advance(SignedDuration::from_hours(2));
    let report =
        redrive(&harness.stack.app, None, Event::default(), "at the end", Duration::from_mins(1)).await.unwrap();
    if !report.pending.is_empty() || !report.failed.is_empty() {
        return Err(format!("at the end: {report:?}"));
    }
    compare(&harness, &accounts)?;
    Ok(events)
}

/// Delivers events of the changed item and of earlier writes, once or more, to one consumer or to several at once, with
/// a fault. Returns the number of events.
async fn deliver(harness: &Harness, random: &mut Rng, changed: usize) -> u32 {
    let changed = u32::try_from(changed).unwrap() + 1;
    let mut keys = vec![subscription(changed), agreement(changed)];
    for _ in 0..random.u32(0..6) {
        let number = random.u32(1..=ACCOUNTS);
        keys.push(if random.bool() { subscription(number) } else { agreement(number) });
    }
    random.shuffle(&mut keys);
    let events = u32::try_from(keys.len()).unwrap();
    let callee = if random.bool() { Callee::ConnectWise } else { Callee::Table };
    let at = Step { callee, number: random.u64(0..8), operation: String::new() };
    let fault = fault(random, callee);
    let consumers = random.usize(1..4);
    if consumers == 1 {
        run_with_fault(harness, &written(keys), &at, fault).await;
    } else {
        let batches = keys.chunks(keys.len().div_ceil(consumers));
        let batches: Vec<_> = batches.map(|batch| written(batch.to_vec())).collect();
        run_all_with_fault(harness, &batches, &at, fault).await;
    }
    events
}

fn fault(random: &mut Rng, callee: Callee) -> Fault {
    loop {
        let kinds = Fault::of(callee);
        let fault = kinds[random.usize(0..kinds.len())];
        let slow = matches!(fault, Fault::TimedOut | Fault::ActedLate | Fault::Outage);
        if fault != Fault::LostRace && (!slow || random.u32(0..10) == 0) {
            return fault;
        }
    }
}

/// Redelivers failed events until they succeed, as Lambda does.
async fn redeliver(harness: &Harness, changed: u32) -> Result<(), String> {
    for _ in 0..PATIENCE {
        harness.stack.clock.advance(CONNECTWISE_CREATE_WINDOW);
        if harness.call(&written([subscription(changed), agreement(changed)])).await.is_success() {
            return Ok(());
        }
    }
    Err("it is never done".to_owned())
}

fn compare(harness: &Harness, accounts: &[Account]) -> Result<(), String> {
    let held = harness.connectwise();
    let plan_of = |product: &Value| {
        let items = held["catalogItem"].as_array().unwrap();
        let item = items.iter().find(|item| item["id"] == product["id"])?;
        [BACKUP, ARCHIVER].into_iter().find(|plan| item["identifier"] == format!("euwest.{plan}"))
    };
    let additions = held["addition"].as_array().unwrap();
    let mut open: Vec<Addition> = additions
        .iter()
        .filter(|addition| addition["cancelledDate"].is_null())
        .filter_map(|addition| {
            let number = |name: &str| serde_json::from_value(addition[name].clone()).unwrap();
            let trial = addition["billCustomer"] == "NoCharge";
            Some((number("agreementId"), plan_of(&addition["product"])?, number("quantity"), trial))
        })
        .collect();
    let mut expected: Vec<Addition> = accounts.iter().filter_map(|account| account.addition).collect();
    open.sort_unstable();
    expected.sort_unstable();
    if open == expected { Ok(()) } else { Err(format!("open are {open:?} and not {expected:?}")) }
}
