//! Random histories: mixed calls, faults and concurrent repeats over a few accounts, each pressed until it is answered, and
//! after each step what the vendor holds is compared with a simple model.
//!
//! A history is made from its seed alone. `HISTORIES=5000` says how many, `SEED=…` replays one. With the feature
//! `blind-retry` the product has a deliberate defect, and this test must fail.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use fastrand::Rng;
use faults::fault::{Callee, Disturbed, Fault, Step, disturb, disturb_all};
use faults::model::{Model, dropbox, dropsuite};
use faults::request::Request;
use faults::world::{Answer, DEADLINE, LEASE, World};

const ACCOUNTS: u32 = 3;
const STEPS: u32 = 12;

/// Presses of Retry after which an operator would call somebody.
const PATIENCE: u32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn dropsuite_holds_what_the_model_says() {
    histories::<dropsuite::Account>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dropbox_holds_what_the_model_says() {
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
    let world = World::new(M::VENDOR, DEADLINE).await.unwrap();
    // Half of them without the vendor's own safety net, as far as that is fair: see `fault`.
    let net = random.bool();
    if !net {
        world.without_net();
    }
    for request in M::setting() {
        assert_eq!(world.call(&request).await.code(), 0);
    }
    let mut accounts: Vec<M> = (1..=ACCOUNTS).map(M::new).collect();
    let mut operations = 0;
    for step in 0..STEPS {
        operations +=
            act(&world, &mut random, &mut accounts, net).await.map_err(|why| format!("step {step}: {why}"))?;
        compare(&world, &accounts).map_err(|why| format!("step {step}: {why}"))?;
    }
    Ok(operations)
}

async fn act<M: Model>(world: &World, random: &mut Rng, accounts: &mut [M], net: bool) -> Result<u32, String> {
    let fault = fault(random, net);
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
    let operation = M::any(random, net);
    match random.u32(0..5) {
        // Several callers with the same wish.
        0 => {
            let request = accounts[index].request(operation);
            let callers = random.usize(2..5);
            let requests = vec![request.clone(); callers];
            let answers = disturb_all(world, &requests, &at, fault).await;
            let mut expected = accounts[index].clone();
            let outcome = expected.apply(operation);
            for answer in answers.into_iter().flatten().filter(|answer| !answer.asks_for_retry()) {
                agrees(&request, &answer, outcome)?;
            }
            press(world, &request, outcome).await?;
            accounts[index] = expected;
            Ok(u32::try_from(callers).unwrap_or(0))
        }
        // Different accounts at once.
        1 => {
            let operations: Vec<_> = accounts.iter().map(|_| M::any(random, net)).collect();
            let requests: Vec<_> =
                accounts.iter().zip(&operations).map(|(account, operation)| account.request(*operation)).collect();
            disturb_all(world, &requests, &at, fault).await;
            for ((account, operation), request) in accounts.iter_mut().zip(operations).zip(&requests) {
                let outcome = account.apply(operation);
                press(world, request, outcome).await?;
            }
            Ok(ACCOUNTS)
        }
        // Different wishes for one account at once: whichever came last, the one that is pressed again holds.
        2 => {
            let wishes = accounts[index].rivals(random);
            let requests = wishes.map(|operation| accounts[index].request(operation));
            let answers = disturb_all(world, &requests, &at, fault).await;
            let outcomes = wishes.map(|operation| accounts[index].apply(operation));
            for ((answer, request), outcome) in answers.into_iter().zip(&requests).zip(outcomes) {
                if let Some(answer) = answer.filter(|answer| !answer.asks_for_retry()) {
                    agrees(request, &answer, outcome)?;
                }
            }
            let [_, last] = &requests;
            press(world, last, outcomes[1]).await?;
            Ok(2)
        }
        // One caller, who may be killed or frozen.
        _ => {
            let request = accounts[index].request(operation);
            let Disturbed { answer, .. } = disturb(world, &request, &at, fault).await;
            let outcome = accounts[index].apply(operation);
            if let Some(answer) = answer.filter(|answer| !answer.asks_for_retry()) {
                agrees(&request, &answer, outcome)?;
            }
            press(world, &request, outcome).await?;
            Ok(1)
        }
    }
}

/// Presses Retry until there is a yes or a no.
async fn press(
    world: &World,
    request: &Request,
    outcome: Result<(), service_manager::domain::error_code::ErrorCode>,
) -> Result<(), String> {
    for _ in 0..PATIENCE {
        let answer = world.call(request).await;
        if !answer.asks_for_retry() {
            return agrees(request, &answer, outcome);
        }
        world.stack.clock.advance(LEASE);
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

fn compare<M: Model>(world: &World, accounts: &[M]) -> Result<(), String> {
    let vendor = world.vendor_state();
    match accounts.iter().find_map(|account| account.diverges(&vendor)) {
        Some(why) => Err(why),
        None => Ok(()),
    }
}

/// Faults that make the product wait for its own deadline are rarer, for the sake of time. A create that is done after
/// everybody has looked for it in vain can be told from one that was never done only by the vendor's refusal of the second.
fn fault(random: &mut Rng, net: bool) -> Fault {
    loop {
        let callee = if random.bool() { Callee::Vendor } else { Callee::Table };
        let kinds = Fault::of(callee);
        let fault = kinds[random.usize(0..kinds.len())];
        let slow = matches!(fault, Fault::TimedOut | Fault::ActedLate | Fault::Outage);
        if (net || !fault.acts_late()) && (!slow || random.u32(0..10) == 0) {
            return fault;
        }
    }
}
