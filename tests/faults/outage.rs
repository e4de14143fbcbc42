//! An outage of ConnectWise: sales are not affected, and are billed exactly once after it. Batches that the stream
//! discarded meanwhile are dead letters, which name their records and are processed by the redrive.
//!
//! `SALES=200` sets the number of sales that are timed. The ratio of the times is printed, not asserted.

use std::time::{Duration, Instant};

use faults::harness::Harness;
use faults::parallel;
use faults::request::connectwise::{link, plan};
use faults::request::dropsuite::{service, synchronize};
use jiff::SignedDuration;
use sandbox::background::{CONNECTWISE_DEAD_LETTERS, redrive};
use sandbox::faults::{Cut, Rule};
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::workers::redrive::{Event, redrive as run};

async fn sold() -> Harness {
    let harness = Harness::with(Options { stream: true, ..Options::from_env() }).await.unwrap();
    harness.set_up_connectwise().await;
    for request in [plan("Backup", "backup", 2), synchronize(1), link(1, 20, 104)] {
        harness.done(request.path, request.body).await;
    }
    harness
}

fn down() -> Vec<Rule> {
    // It accepts connections and does not respond, which is worse than rejecting them.
    vec![Rule { path: "*".to_owned(), delay_ms: Some(20_000), drop: Some(Cut::Before), ..Rule::default() }]
}

async fn sell(harness: &Harness, seats: u32) -> Duration {
    let path = if seats == 1 { "subscriptions/create" } else { "subscriptions/update" };
    let request = service(path, 1, seats, &json!({}));
    let started = Instant::now();
    harness.done(request.path, request.body).await;
    started.elapsed()
}

fn additions(harness: &Harness) -> Vec<Value> {
    let held = harness.connectwise();
    // One addition is in the seed.
    held["addition"].as_array().unwrap().iter().filter(|addition| addition["id"] != 401).cloned().collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_is_not_slower_and_is_billed_after_the_outage() {
    let _turn = parallel::turn().await;
    let sales: u32 = std::env::var("SALES").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let harness = sold().await;
    let mut up = Vec::new();
    for seats in 1..=sales {
        up.push(sell(&harness, seats).await);
    }
    assert!(harness.stack.additions.as_ref().unwrap().drained().await);
    harness.stack.connectwise.faults().set(down());
    let mut while_down = Vec::new();
    for seats in sales + 1..=2 * sales {
        while_down.push(sell(&harness, seats).await);
    }
    harness.stack.connectwise.faults().clear();
    billed(&harness, 2 * sales).await;
    let (up, while_down) = (median(up), median(while_down));
    println!(
        "a sale takes {while_down:?} while ConnectWise is down, {up:?} else: {:.2}",
        while_down.as_secs_f64() / up.as_secs_f64()
    );
    assert_eq!(additions(&harness).len(), 1);
}

/// Waits until the addition has `seats`, by the stream or by the redrive.
async fn billed(harness: &Harness, seats: u32) {
    for _ in 0..600 {
        if additions(harness).iter().any(|addition| addition["quantity"].as_f64() == Some(f64::from(seats))) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        if !harness.stack.queues.messages(CONNECTWISE_DEAD_LETTERS).is_empty() {
            harness.stack.clock.advance(SignedDuration::from_mins(5));
            redrive(&harness.stack.app).await.unwrap();
        }
    }
    assert_eq!(additions(harness), Vec::<Value>::new(), "not {seats} seats");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_names_its_records_and_is_redriven() {
    let _turn = parallel::turn().await;
    let harness = sold().await;
    let refused = Rule { path: "*".to_owned(), status: Some(503), ..Rule::default() };
    harness.stack.connectwise.faults().set(vec![refused]);
    sell(&harness, 1).await;
    // Processed, or sent to the dead-letter queue.
    assert!(harness.stack.additions.as_ref().unwrap().drained().await);
    let dead_letters = harness.stack.queues.messages(CONNECTWISE_DEAD_LETTERS);
    let letter: Value = serde_json::from_str(&dead_letters[0]).unwrap();
    assert_eq!(letter["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert!(letter["DDBStreamBatchInfo"]["startSequenceNumber"].is_string());

    let report = redrive(&harness.stack.app).await.unwrap();
    // Their tasks are recorded as pending, and are not attempted before they are due.
    assert_eq!(
        (report.dead_letters_processed as usize, report.dead_letters_kept.len()),
        (dead_letters.len(), 0),
        "{report:?}"
    );
    assert_eq!(report.pending, [""; 0]);
    assert_eq!(harness.stack.queues.messages(CONNECTWISE_DEAD_LETTERS), [""; 0]);

    harness.stack.connectwise.faults().clear();
    harness.stack.clock.advance(SignedDuration::from_mins(5));
    let report = redrive(&harness.stack.app).await.unwrap();
    assert_eq!((report.synced, report.pending.len()), (1, 0), "{report:?}");
    assert_eq!(additions(&harness).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_task_that_is_also_in_a_dead_letter_counts_once() {
    let _turn = parallel::turn().await;
    let harness = sold().await;
    let refused = Rule { path: "*".to_owned(), status: Some(503), ..Rule::default() };
    harness.stack.connectwise.faults().set(vec![refused]);
    sell(&harness, 1).await;
    assert!(harness.stack.additions.as_ref().unwrap().drained().await);
    let dead_letters = harness.stack.queues.messages(CONNECTWISE_DEAD_LETTERS).len();
    assert!(dead_letters > 0);

    let app = &harness.stack.app;
    let no_time = run(app, app.dead_letters.as_ref(), Event::default(), "no time", Duration::ZERO).await.unwrap();
    assert_eq!((no_time.dead_letters_processed, no_time.dead_letters_kept.len()), (0, dead_letters), "{no_time:?}");

    harness.stack.clock.advance(SignedDuration::from_hours(1));
    let while_down = redrive(app).await.unwrap();
    assert_eq!((while_down.synced, while_down.pending.len()), (0, 1), "{while_down:?}");
    assert_eq!(
        (while_down.dead_letters_processed as usize, while_down.dead_letters_kept.len()),
        (dead_letters, 0),
        "{while_down:?}"
    );
    harness.stack.connectwise.faults().clear();
    let early = redrive(app).await.unwrap();
    assert_eq!((early.synced, early.pending.len()), (0, 0), "it is not due yet: {early:?}");
    harness.stack.clock.advance(SignedDuration::from_hours(1));
    let up = redrive(app).await.unwrap();
    assert_eq!((up.synced, up.pending.len()), (1, 0), "{up:?}");
    assert_eq!(additions(&harness).len(), 1);
}
