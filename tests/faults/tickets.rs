//! Random histories of actions that fail, are done or are given up, heard of late, twice and out of order, and told to the
//! consumer of the stream by events that come likewise, to several consumers at once, while ConnectWise or the table fails.
//! Never has an action two open tickets, and at the end it has one if it fails, and none if it doesn't.
//!
//! A history is made from its seed alone. `HISTORIES=1000` says how many, `SEED=…` replays one.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::HashSet;
use std::time::Duration;

use fastrand::Rng;
use faults::fault::{Callee, Fault, Step, disturb, disturb_all};
use faults::histories;
use faults::request::Request;
use faults::request::action::{Event, HEARD, action, exhausted, failed, failures, hear};
use faults::request::connectwise::link;
use faults::request::dropsuite::synchronize;
use faults::world::{DEADLINE, World, written_of_actions};
use jiff::SignedDuration;
use serde_json::Value;
use service_manager::domain::action::timeline::ActionEvent;
use service_manager::vendor::VendorName;
use service_manager::workers::redrive::{self, redrive};
use service_manager::workers::sync::CREATE_IN_FLIGHT_WINDOW;

const ACTIONS: [&str; 3] = ["euwest.backup.1", "euwest.archive.2", "euwest.restore.3"];
const EVENTS: i64 = 12;
const PATIENCE: u32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn an_action_has_a_ticket_while_it_fails() {
    histories::run(40, history, |all, counted: Vec<Counted>, diverged| {
        let events: usize = counted.iter().map(|counted| counted.events).sum();
        let tickets: usize = counted.iter().map(|counted| counted.tickets).sum();
        println!(
            "{all} histories of {EVENTS} events of actions, {events} events of the stream, {tickets} tickets, {diverged} divergences"
        );
    })
    .await;
}

/// What there was in a history.
struct Counted {
    /// Of the stream.
    events: usize,
    tickets: usize,
}

/// The process dies when the ticket is made and before that is written down; what is heard next gives the same failures
/// another beginning, or another end before them.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_was_made_and_not_written_down_is_no_second_one() {
    let key = ACTIONS[0];
    for next in [vec![(0, failed(1))], vec![(2, ActionEvent::Completed), (3, failed(1))]] {
        let world = linked().await;
        let now = world.stack.clock.now().as_second();
        let events = |events: Vec<(i64, ActionEvent)>| {
            let events = events.into_iter().map(|(minute, what)| (key.to_owned(), now + 60 * minute, what));
            hear(&events.collect::<Vec<_>>())
        };
        let told = written_of_actions([action(key)]);
        world.done(HEARD, events(vec![(1, failed(2))]).body).await;
        let made = Step { callee: Callee::ConnectWise, number: 3, operation: "POST /service/tickets".to_owned() };
        disturb(&world, &told, &made, Fault::KilledAfter).await;
        assert_eq!(open(&world.connectwise(), key).count(), 1);
        world.done(HEARD, events(next).body).await;
        done(&world, &told).await.unwrap();
        assert_eq!(open(&world.connectwise(), key).count(), 1);
    }
}

/// A world with a linked organization.
async fn linked() -> World {
    let world = World::new(VendorName::Dropsuite, DEADLINE).await.unwrap();
    world.set_up_connectwise().await;
    for request in [synchronize(1), link(1, 20, 104)] {
        world.done(request.path, request.body).await;
    }
    world
}

async fn history(seed: u64) -> Result<Counted, String> {
    let mut random = Rng::with_seed(seed);
    let world = linked().await;
    let happened = happened(&mut random, world.stack.clock.now().as_second());
    let mut told = 0;
    for (step, batch) in heard(&mut random, &happened).iter().enumerate() {
        told += deliver(&world, &mut random, batch).await;
        take_in(&world, batch).await.map_err(|why| format!("step {step}: {why}"))?;
        once(&world).map_err(|why| format!("step {step}, {batch:?}: {why}"))?;
        world.stack.clock.advance(SignedDuration::from_mins(random.i64(0..7)));
    }
    settle(&world).await?;
    once(&world).map_err(|why| format!("at the end: {why}"))?;
    compare(&world, &happened).map_err(|why| format!("at the end of {happened:?}: {why}"))?;
    Ok(Counted {
        events: told,
        tickets: rows(&world.connectwise(), "ticket").filter(|ticket| ticket["externalXRef"].is_string()).count(),
    })
}

/// What happens to the actions, one thing a minute.
fn happened(random: &mut Rng, now: i64) -> Vec<Event> {
    let mut attempts = [0; ACTIONS.len()];
    let mut events = Vec::new();
    for minute in 1..=EVENTS {
        let index = random.usize(0..ACTIONS.len());
        let occurrence = match random.u32(0..10) {
            0 => ActionEvent::Started,
            1..=2 => ActionEvent::Completed,
            3 => exhausted(),
            _ => failed(attempts[index] + 1),
        };
        match occurrence {
            ActionEvent::Started => {}
            ActionEvent::Failed { attempt, .. } => attempts[index] = attempt,
            ActionEvent::Completed | ActionEvent::Exhausted { .. } => attempts[index] = 0,
        }
        events.push((ACTIONS[index].to_owned(), now + 60 * minute, occurrence));
    }
    events
}

/// The same as it is heard of: in batches, some of it late and some of it twice.
fn heard(random: &mut Rng, happened: &[Event]) -> Vec<Vec<Event>> {
    let late = random.u32(0..=12);
    let mut heard = Vec::new();
    for (number, event) in (0..).zip(happened) {
        for _ in 0..random.u32(1..=2) {
            heard.push((number + random.u32(0..=late), event.clone()));
        }
    }
    heard.sort_by_key(|(when, _)| *when);
    let mut heard: Vec<_> = heard.into_iter().map(|(_, event)| event).collect();
    let mut batches = Vec::new();
    while !heard.is_empty() {
        let rest = heard.split_off(random.usize(1..=4).min(heard.len()));
        batches.push(heard);
        heard = rest;
    }
    batches
}

/// Takes a batch in, and tells the stream's consumers of it and of whatever was written before, once or more, while something
/// breaks. How many events of the stream there were.
async fn deliver(world: &World, random: &mut Rng, batch: &[Event]) -> usize {
    let mut keys: Vec<_> = batch.iter().map(|(key, ..)| action(key)).collect();
    for _ in 0..random.u32(0..3) {
        keys.push(action(ACTIONS[random.usize(0..ACTIONS.len())]));
    }
    keys.push(failures());
    random.shuffle(&mut keys);
    let consumers = keys.chunks(keys.len().div_ceil(random.usize(1..3)));
    let mut requests: Vec<_> = consumers.map(|keys| written_of_actions(keys.to_vec())).collect();
    let callee = if random.bool() { Callee::ConnectWise } else { Callee::Table };
    let number = random.u64(0..if callee == Callee::ConnectWise { 8 } else { 20 });
    let at = Step { callee, number, operation: String::new() };
    let fault = fault(random, callee);
    match random.u32(0..4) {
        // What is told has not been taken in yet, or is just being.
        0 => {
            requests.push(hear(batch));
            disturb_all(world, &requests, &at, fault).await;
        }
        1 => {
            disturb(world, &hear(batch), &at, fault).await;
            futures::future::join_all(requests.iter().map(|request| world.call(request))).await;
        }
        _ => {
            world.call(&hear(batch)).await;
            if let [request] = &requests[..] {
                disturb(world, request, &at, fault).await;
            } else {
                disturb_all(world, &requests, &at, fault).await;
            }
        }
    }
    keys.len()
}

fn fault(random: &mut Rng, callee: Callee) -> Fault {
    loop {
        let kinds = Fault::of(callee);
        let fault = kinds[random.usize(0..kinds.len())];
        let slow = matches!(fault, Fault::TimedOut | Fault::ActedLate | Fault::Outage);
        if fault != Fault::LostRace && (!slow || random.u32(0..5) == 0) {
            return fault;
        }
    }
}

/// Whoever reports does so again, until it is taken in.
async fn take_in(world: &World, batch: &[Event]) -> Result<(), String> {
    done(world, &hear(batch)).await
}

async fn settle(world: &World) -> Result<(), String> {
    let keys = ACTIONS.iter().map(|key| action(key)).chain([failures()]);
    done(world, &written_of_actions(keys)).await?;
    // What was left pending is in the index of work, and is done when it is due.
    world.stack.clock.advance(SignedDuration::from_hours(2));
    let report =
        redrive(&world.stack.app, None, redrive::Event::default(), "at the end", Duration::from_mins(1)).await.unwrap();
    let is_done = report.pending.is_empty() && report.failed.is_empty();
    if is_done { Ok(()) } else { Err(format!("at the end: {report:?}")) }
}

/// Makes a request again, until it is done.
async fn done(world: &World, request: &Request) -> Result<(), String> {
    for _ in 0..PATIENCE {
        if world.call(request).await.is_success() {
            return Ok(());
        }
        world.stack.clock.advance(CREATE_IN_FLIGHT_WINDOW);
    }
    Err(format!("it is never done: {request:?}"))
}

/// Nothing is there twice, and no action has two open tickets.
fn once(world: &World) -> Result<(), String> {
    let held = world.connectwise();
    let texts = |noun: &str, name: &str| -> Vec<String> {
        rows(&held, noun).filter_map(|row| row[name].as_str().map(str::to_owned)).collect()
    };
    let notes = rows(&held, "serviceNote");
    let notes = notes.map(|note| format!("{}: {}", note["ticketId"], note["text"])).collect();
    let open = ACTIONS.iter().flat_map(|key| open(&held, key).map(|_| (*key).to_owned())).collect();
    let all = [
        ("reference", texts("ticket", "externalXRef")),
        ("device identifier", texts("configuration", "deviceIdentifier")),
        ("note", notes),
        ("open ticket", open),
    ];
    for (what, all) in all {
        let mut seen = HashSet::new();
        if let Some(twice) = all.iter().find(|text| !seen.insert(*text)) {
            return Err(format!("the {what} {twice} is there twice"));
        }
    }
    if texts("ticket", "externalXRef").iter().any(|reference| reference.contains("all-of")) {
        return Err("few are no flood".to_owned());
    }
    Ok(())
}

/// What ConnectWise has of a kind, if anything.
fn rows<'a>(held: &'a Value, noun: &str) -> impl Iterator<Item = &'a Value> {
    held[noun].as_array().into_iter().flatten()
}

/// The open tickets of an action.
fn open<'a>(held: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    let begins = format!("{key}@");
    rows(held, "ticket").filter(move |ticket| {
        ticket["closedFlag"] != true && ticket["externalXRef"].as_str().is_some_and(|held| held.starts_with(&begins))
    })
}

/// Those and only those actions have an open ticket that failed after they were done or given up.
fn compare(world: &World, happened: &[Event]) -> Result<(), String> {
    let held = world.connectwise();
    for key in ACTIONS {
        let mut of_it = happened.iter().filter(|(of, ..)| of == key).map(|(.., occurrence)| occurrence);
        let last = of_it.rfind(|occurrence| **occurrence != ActionEvent::Started);
        let fails = matches!(last, Some(ActionEvent::Failed { .. }));
        let count = open(&held, key).count();
        if count != usize::from(fails) {
            return Err(format!("{key} has {count} open tickets: {}", held["ticket"]));
        }
    }
    Ok(())
}
