//! Random histories of actions that fail, succeed or are abandoned. Their events are recorded late, twice and out of
//! order, and stream events reach the consumer in the same way and in several instances at once, while ConnectWise or
//! the table fails. An action must never have two open tickets. At the end it must have one if it fails, and none if it
//! does not.
//!
//! A history is made from its seed alone. `HISTORIES=1000` says how many, `SEED=…` replays one.

use std::collections::HashSet;
use std::time::Duration;

use fastrand::Rng;
use faults::fault::{Callee, Fault, Step};
use faults::harness::{DEADLINE, Harness, written_of_actions};
use faults::histories;
use faults::parallel;
use faults::request::Request;
use faults::request::action::{ACTION_EVENTS, Event, action, check, exhausted, failed, failures, report_events};
use faults::request::connectwise::{link, organization};
use faults::request::dropsuite::{service, synchronize};
use faults::run::{run_all_with_fault, run_with_fault};
use jiff::SignedDuration;
use sandbox::dropsuite::Backups;
use serde_json::{Value, json};
use service_manager::domain::action::timeline::ActionEvent;
use service_manager::store::CREATING_WINDOW;
use service_manager::vendor::VendorName;
use service_manager::workers::redrive::{self, redrive};
use service_manager::workers::sync::CONNECTWISE_CREATE_WINDOW;

const ACTIONS: [&str; 3] = ["euwest.backup.1", "euwest.archive.2", "euwest.restore.3"];
const EVENTS: i64 = 12;
const PATIENCE: u32 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_action_has_one_open_ticket() {
    let _turn = parallel::turn().await;
    histories::run(40, history, |all, counted: Vec<Counted>, diverged| {
        let events: usize = counted.iter().map(|counted| counted.events).sum();
        let tickets: usize = counted.iter().map(|counted| counted.tickets).sum();
        println!(
            "{all} histories of {EVENTS} events of actions, {events} events of the stream, {tickets} tickets, {diverged} divergences"
        );
    })
    .await;
}

/// Counts of a history.
struct Counted {
    /// Number of stream events.
    events: usize,
    tickets: usize,
}

/// The process dies after the ticket is created and before it is recorded. The next event changes the start of the same
/// failures, or the end before them.
#[tokio::test(flavor = "multi_thread")]
async fn an_unrecorded_ticket_is_not_created_twice() {
    let _turn = parallel::turn().await;
    let key = ACTIONS[0];
    for next in [vec![(0, failed(1))], vec![(2, ActionEvent::Completed), (3, failed(1))]] {
        let harness = linked().await;
        let now = harness.stack.clock.now().as_second();
        let events = |events: Vec<(i64, ActionEvent)>| {
            let events = events.into_iter().map(|(minute, what)| (key.to_owned(), now + 60 * minute, what));
            report_events(&events.collect::<Vec<_>>())
        };
        let stream_events = written_of_actions([action(key)]);
        harness.done(ACTION_EVENTS, events(vec![(1, failed(2))]).body).await;
        let made = Step { callee: Callee::ConnectWise, number: 4, operation: "POST /service/tickets".to_owned() };
        run_with_fault(&harness, &stream_events, &made, Fault::KilledAfter).await;
        assert_eq!(open(&harness.connectwise(), key).count(), 1);
        harness.done(ACTION_EVENTS, events(next).body).await;
        done(&harness, &stream_events).await.unwrap();
        assert_eq!(open(&harness.connectwise(), key).count(), 1);
    }
}

/// Starts a stack with an organization that is sold and linked.
async fn linked() -> Harness {
    let harness = Harness::new(VendorName::Dropsuite, DEADLINE).await.unwrap();
    harness.set_up_connectwise().await;
    for request in [synchronize(1), service("subscriptions/create", 1, 3, &json!({})), link(1, 20, 104)] {
        harness.done(request.path, request.body).await;
    }
    harness
}

/// Adds the mailbox of the backup, so that checks find it. They say nothing about its backup, which is in preparation.
async fn add_mailbox(harness: &Harness) {
    let path = format!("/_sandbox/organizations/{}/mailboxes", organization(1));
    let url = harness.stack.dropsuite_url.replace("/api", &path);
    let added = json!({"emails": [format!("{}@customer.example.com", ACTIONS[0])]});
    let response = sandbox::http_client().unwrap().post(url).json(&added).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let backups = Backups { status: "Preparing Backup".to_owned(), errors: Value::Null, mailboxes: None };
    harness.stack.dropsuite.set_backups(&organization(1), &backups).unwrap();
}

async fn history(seed: u64) -> Result<Counted, String> {
    let mut random = Rng::with_seed(seed);
    let harness = linked().await;
    add_mailbox(&harness).await;
    let happened = happened(&mut random, harness.stack.clock.now().as_second());
    let mut stream_events = 0;
    for (step, batch) in reported(&mut random, &happened).iter().enumerate() {
        stream_events += deliver(&harness, &mut random, batch).await;
        report_until_recorded(&harness, batch).await.map_err(|why| format!("step {step}: {why}"))?;
        check_duplicates(&harness).map_err(|why| format!("step {step}, {batch:?}: {why}"))?;
        harness.stack.clock.advance(SignedDuration::from_mins(random.i64(0..7)));
    }
    run_pending(&harness).await?;
    // Completed actions that a report named have their configurations after the next check.
    for _ in 0..2 {
        harness.call(&check()).await;
        harness.stack.clock.advance(CREATING_WINDOW);
    }
    check_duplicates(&harness).map_err(|why| format!("at the end: {why}"))?;
    compare(&harness, &happened).map_err(|why| format!("at the end of {happened:?}: {why}"))?;
    Ok(Counted {
        events: stream_events,
        tickets: rows(&harness.connectwise(), "ticket").filter(|ticket| ticket["externalXRef"].is_string()).count(),
    })
}

/// Returns random events of actions, one a minute.
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

/// Returns the events as they are reported: in batches, some late and some twice.
fn reported(random: &mut Rng, happened: &[Event]) -> Vec<Vec<Event>> {
    let late = random.u32(0..=12);
    let mut reported = Vec::new();
    for (number, event) in (0..).zip(happened) {
        for _ in 0..random.u32(1..=2) {
            reported.push((number + random.u32(0..=late), event.clone()));
        }
    }
    reported.sort_by_key(|(when, _)| *when);
    let mut reported: Vec<_> = reported.into_iter().map(|(_, event)| event).collect();
    let mut batches = Vec::new();
    while !reported.is_empty() {
        let rest = reported.split_off(random.usize(1..=4).min(reported.len()));
        batches.push(reported);
        reported = rest;
    }
    batches
}

/// Records a batch, and delivers stream events of it and of earlier writes, once or more, with a fault. Returns the
/// number of stream events.
async fn deliver(harness: &Harness, random: &mut Rng, batch: &[Event]) -> usize {
    let mut keys: Vec<_> = batch.iter().map(|(key, ..)| action(key)).collect();
    for _ in 0..random.u32(0..3) {
        keys.push(action(ACTIONS[random.usize(0..ACTIONS.len())]));
    }
    keys.push(failures());
    random.shuffle(&mut keys);
    let consumers = keys.chunks(keys.len().div_ceil(random.usize(1..3)));
    let mut requests: Vec<_> = consumers.map(|keys| written_of_actions(keys.to_vec())).collect();
    if random.u32(0..3) == 0 {
        requests.push(check());
    }
    let callee = if random.bool() { Callee::ConnectWise } else { Callee::Table };
    let number = random.u64(0..if callee == Callee::ConnectWise { 8 } else { 20 });
    let at = Step { callee, number, operation: String::new() };
    let fault = fault(random, callee);
    match random.u32(0..4) {
        // The stream event precedes the write, or is concurrent with it.
        0 => {
            requests.push(report_events(batch));
            run_all_with_fault(harness, &requests, &at, fault).await;
        }
        1 => {
            run_with_fault(harness, &report_events(batch), &at, fault).await;
            futures::future::join_all(requests.iter().map(|request| harness.call(request))).await;
        }
        _ => {
            harness.call(&report_events(batch)).await;
            if let [request] = &requests[..] {
                run_with_fault(harness, request, &at, fault).await;
            } else {
                run_all_with_fault(harness, &requests, &at, fault).await;
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

/// Repeats a report until it is recorded, as reporters do.
async fn report_until_recorded(harness: &Harness, batch: &[Event]) -> Result<(), String> {
    done(harness, &report_events(batch)).await
}

async fn run_pending(harness: &Harness) -> Result<(), String> {
    let keys = ACTIONS.iter().map(|key| action(key)).chain([failures()]);
    done(harness, &written_of_actions(keys)).await?;
    // Pending tasks are in the index of due work, and are processed when they are due.
    harness.stack.clock.advance(SignedDuration::from_hours(2));
    let report = redrive(&harness.stack.app, None, redrive::Event::default(), "at the end", Duration::from_mins(1))
        .await
        .unwrap();
    let is_done = report.pending.is_empty() && report.failed.is_empty();
    if is_done { Ok(()) } else { Err(format!("at the end: {report:?}")) }
}

/// Repeats a request until it succeeds.
async fn done(harness: &Harness, request: &Request) -> Result<(), String> {
    for _ in 0..PATIENCE {
        if harness.call(request).await.is_success() {
            return Ok(());
        }
        harness.stack.clock.advance(CONNECTWISE_CREATE_WINDOW);
    }
    Err(format!("it is never done: {request:?}"))
}

/// Checks that there are no duplicates, and that no action has two open tickets.
fn check_duplicates(harness: &Harness) -> Result<(), String> {
    let held = harness.connectwise();
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
        return Err("a group ticket for too few failures".to_owned());
    }
    Ok(())
}

/// Returns the records of a kind in ConnectWise.
fn rows<'a>(held: &'a Value, noun: &str) -> impl Iterator<Item = &'a Value> {
    held[noun].as_array().into_iter().flatten()
}

/// Returns the open tickets of an action.
fn open<'a>(held: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    let begins = format!("{key}@");
    rows(held, "ticket").filter(move |ticket| {
        ticket["closedFlag"] != true && ticket["externalXRef"].as_str().is_some_and(|held| held.starts_with(&begins))
    })
}

/// Checks that exactly those actions have an open ticket that have failed since their last terminal event, and that those
/// which completed have a configuration.
fn compare(harness: &Harness, happened: &[Event]) -> Result<(), String> {
    let held = harness.connectwise();
    for key in ACTIONS {
        let mut of_it = happened.iter().filter(|(of, ..)| of == key).map(|(.., occurrence)| occurrence);
        let last = of_it.rfind(|occurrence| **occurrence != ActionEvent::Started);
        let fails = matches!(last, Some(ActionEvent::Failed { .. }));
        let count = open(&held, key).count();
        if count != usize::from(fails) {
            return Err(format!("{key} has {count} open tickets: {}", held["ticket"]));
        }
        let configurations = rows(&held, "configuration").filter(|row| row["deviceIdentifier"] == key).count();
        if matches!(last, Some(ActionEvent::Completed)) && configurations != 1 {
            return Err(format!("{key} completed and has {configurations} configurations"));
        }
    }
    Ok(())
}
