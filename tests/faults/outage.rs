//! ConnectWise is down: whoever sells does not notice, and when it is back, what was sold is billed, once. What the stream
//! gave up on meanwhile is a dead letter that says what it is about, and is done by the redrive.
//!
//! `SALES=200` says how many sales are timed. Nothing depends on a time: the ratio is printed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::time::{Duration, Instant};

use faults::request::connectwise::{link, plan};
use faults::request::dropsuite::{service, synchronize};
use faults::world::World;
use jiff::SignedDuration;
use sandbox::background::{CONNECTWISE_DEAD_LETTERS, redrive};
use sandbox::faults::{Cut, Rule};
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::workers::redrive::{Event, redrive as run};

async fn sold() -> World {
    let world = World::with(Options { stream: true, ..Options::from_env() }).await.unwrap();
    world.set_up_connectwise().await;
    for request in [plan("Backup", "backup", 2), synchronize(1), link(1, 20, 104)] {
        world.done(request.path, request.body).await;
    }
    world
}

fn down() -> Vec<Rule> {
    // It accepts connections and does not answer, which is worse than refusing them.
    vec![Rule { path: "*".to_owned(), delay_ms: Some(20_000), drop: Some(Cut::Before), ..Rule::default() }]
}

async fn sell(world: &World, seats: u32) -> Duration {
    let path = if seats == 1 { "subscriptions/create" } else { "subscriptions/update" };
    let request = service(path, 1, seats, &json!({}));
    let started = Instant::now();
    world.done(request.path, request.body).await;
    started.elapsed()
}

fn additions(world: &World) -> Vec<Value> {
    let held = world.connectwise();
    // One is in the seed.
    held["addition"].as_array().unwrap().iter().filter(|addition| addition["id"] != 401).cloned().collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_is_as_fast_and_is_billed_once_it_is_back() {
    let sales: u32 = std::env::var("SALES").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let world = sold().await;
    let mut up = Vec::new();
    for seats in 1..=sales {
        up.push(sell(&world, seats).await);
    }
    assert!(world.stack.additions.as_ref().unwrap().settled().await);
    world.stack.connectwise.faults().set(down());
    let mut while_down = Vec::new();
    for seats in sales + 1..=2 * sales {
        while_down.push(sell(&world, seats).await);
    }
    world.stack.connectwise.faults().clear();
    billed(&world, 2 * sales).await;
    let (up, while_down) = (median(up), median(while_down));
    println!(
        "a sale takes {while_down:?} while ConnectWise is down, {up:?} else: {:.2}",
        while_down.as_secs_f64() / up.as_secs_f64()
    );
    assert_eq!(additions(&world).len(), 1);
}

/// Waits until the addition has so many, by whichever way.
async fn billed(world: &World, seats: u32) {
    for _ in 0..600 {
        if additions(world).iter().any(|addition| addition["quantity"].as_f64() == Some(f64::from(seats))) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        if !world.stack.queues.messages(CONNECTWISE_DEAD_LETTERS).is_empty() {
            world.stack.clock.advance(SignedDuration::from_mins(5));
            redrive(&world.stack.app).await.unwrap();
        }
    }
    assert_eq!(additions(world), Vec::<Value>::new(), "not {seats} seats");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_says_where_it_is_from_and_is_redriven() {
    let world = sold().await;
    let refused = Rule { path: "*".to_owned(), status: Some(503), ..Rule::default() };
    world.stack.connectwise.faults().set(vec![refused]);
    sell(&world, 1).await;
    // Done or given up.
    assert!(world.stack.additions.as_ref().unwrap().settled().await);
    let letters = world.stack.queues.messages(CONNECTWISE_DEAD_LETTERS);
    let letter: Value = serde_json::from_str(&letters[0]).unwrap();
    assert_eq!(letter["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert!(letter["DDBStreamBatchInfo"]["startSequenceNumber"].is_string());

    let report = redrive(&world.stack.app).await.unwrap();
    // What they are about is on record as pending, and is not tried before it is due.
    assert_eq!((report.letters_done as usize, report.letters_left.len()), (letters.len(), 0), "{report:?}");
    assert_eq!(report.pending, [""; 0]);
    assert_eq!(world.stack.queues.messages(CONNECTWISE_DEAD_LETTERS), [""; 0]);

    world.stack.connectwise.faults().clear();
    world.stack.clock.advance(SignedDuration::from_mins(5));
    let report = redrive(&world.stack.app).await.unwrap();
    assert_eq!((report.applied, report.pending.len()), (1, 0), "{report:?}");
    assert_eq!(additions(&world).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_and_in_a_letter_is_counted_once() {
    let world = sold().await;
    let refused = Rule { path: "*".to_owned(), status: Some(503), ..Rule::default() };
    world.stack.connectwise.faults().set(vec![refused]);
    sell(&world, 1).await;
    assert!(world.stack.additions.as_ref().unwrap().settled().await);
    let letters = world.stack.queues.messages(CONNECTWISE_DEAD_LETTERS).len();
    assert!(letters > 0);

    let app = &world.stack.app;
    let no_time = run(app, app.dead_letters.as_ref(), Event::default(), "no time", Duration::ZERO).await.unwrap();
    assert_eq!((no_time.letters_done, no_time.letters_left.len()), (0, letters), "{no_time:?}");

    world.stack.clock.advance(SignedDuration::from_hours(1));
    let while_down = redrive(app).await.unwrap();
    assert_eq!((while_down.applied, while_down.pending.len()), (0, 1), "{while_down:?}");
    assert_eq!((while_down.letters_done as usize, while_down.letters_left.len()), (letters, 0), "{while_down:?}");
    world.stack.connectwise.faults().clear();
    let early = redrive(app).await.unwrap();
    assert_eq!((early.applied, early.pending.len()), (0, 0), "it is not due yet: {early:?}");
    world.stack.clock.advance(SignedDuration::from_hours(1));
    let up = redrive(app).await.unwrap();
    assert_eq!((up.applied, up.pending.len()), (1, 0), "{up:?}");
    assert_eq!(additions(&world).len(), 1);
}
