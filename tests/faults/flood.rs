//! Very many mailboxes of one organization fail at once: one ticket, no item that grows with them, and no write in a round
//! in which nothing changes.
//!
//! `FLOOD=50000` sets the number of mailboxes.

use std::time::Instant;

use faults::harness::{DEADLINE, Harness, written_of_actions};
use faults::request::action::{action, failures};
use faults::request::connectwise::{link, organization};
use faults::request::dropsuite::{service, synchronize};
use jiff::SignedDuration;
use sandbox::background;
use sandbox::dropsuite::Backups;
use serde_json::{Value, json};
use service_manager::vendor::VendorName;

/// Maximum size of an item in this test, in bytes. DynamoDB refuses an item of more than 400 KB.
const MAX_ITEM: usize = 32 * 1024;

/// Number of stream records in one request.
const BATCH: usize = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_failures_is_one_ticket() {
    let count: usize = std::env::var("FLOOD").ok().and_then(|text| text.parse().ok()).unwrap_or(1500);
    let harness = Harness::new(VendorName::Dropsuite, DEADLINE).await.unwrap();
    harness.set_up_connectwise().await;
    for request in [synchronize(1), service("subscriptions/create", 1, 3, &json!({})), link(1, 20, 104)] {
        harness.done(request.path, request.body).await;
    }
    let mailboxes = harness.stack.dropsuite.add_mailboxes(&organization(1), count).unwrap();
    let keys: Vec<_> = mailboxes.iter().map(|key| action(&format!("euwest.backup.{}", key.id))).collect();

    set_backups(&harness, "Space Full", &"x".repeat(200));
    let first = round(&harness).await;
    deliver(&harness, &keys).await;
    assert_eq!(items(&harness, "action").await, count);
    let tickets = tickets(&harness);
    assert_eq!(tickets.len(), 1, "{tickets:?}");
    assert!(tickets[0]["summary"].as_str().unwrap().contains(&format!("{count} mailboxes")), "{tickets:?}");
    harness.sign_in().await;
    let listed = harness.done("portal/tickets/list", json!({})).await;
    assert_eq!(listed["tickets"].as_array().unwrap().len(), 1, "{listed}");
    let largest = largest_item(&harness).await;

    let quiet = round(&harness).await;
    assert_eq!(quiet.writes, 0);

    set_backups(&harness, "Completed", "");
    let last = round(&harness).await;
    deliver(&harness, &keys).await;
    let closed = self::tickets(&harness);
    assert_eq!((closed.len(), &closed[0]["closedFlag"]), (1, &json!(true)));
    println!(
        "{count} mailboxes fail: {} ticket; {} writes per quiet round, which takes {} s (first round {} s, last {} s); \
         the largest item has {largest} bytes",
        tickets.len(),
        quiet.writes,
        quiet.seconds,
        first.seconds,
        last.seconds,
    );
    assert!(largest < MAX_ITEM, "{largest}");
}

/// The cost of a round.
struct Round {
    writes: usize,
    seconds: u64,
}

/// Runs a round an hour later.
async fn round(harness: &Harness) -> Round {
    let stack = &harness.stack;
    stack.clock.advance(SignedDuration::from_hours(1));
    let (before, started) = (stack.dynamodb.operations().len(), Instant::now());
    assert_eq!(background::monitor(&stack.app).await.unwrap().sent, 1);
    assert_eq!(background::check(&stack.app, &stack.queues).await, Ok(1));
    let operations = stack.dynamodb.operations().split_off(before);
    let writes = operations.iter().filter(|operation| !["GetItem", "Query"].contains(&operation.as_str())).count();
    Round { writes, seconds: started.elapsed().as_secs() }
}

fn set_backups(harness: &Harness, status: &str, errors: &str) {
    let backups = Backups { status: status.to_owned(), errors: json!(errors), mailboxes: None };
    harness.stack.dropsuite.set_backups(&organization(1), &backups).unwrap();
}

/// Delivers the stream's records of all actions and of the organization.
async fn deliver(harness: &Harness, keys: &[(String, &'static str)]) {
    for batch in keys.chunks(BATCH).chain([&[failures()][..]]) {
        assert!(harness.call(&written_of_actions(batch.to_vec())).await.is_success());
    }
}

fn tickets(harness: &Harness) -> Vec<Value> {
    let held = harness.connectwise();
    let all = held["ticket"].as_array().into_iter().flatten();
    all.filter(|ticket| ticket["externalXRef"].is_string()).cloned().collect()
}

async fn table(harness: &Harness) -> Vec<Value> {
    harness.stack.dynamodb.items(&harness.stack.table).await.unwrap()
}

/// Returns the number of items with a sort key.
async fn items(harness: &Harness, sort: &str) -> usize {
    table(harness).await.iter().filter(|item| item["sk"]["S"] == sort).count()
}

/// Returns the size of the largest item, in the engine's JSON, which is larger than what DynamoDB counts.
async fn largest_item(harness: &Harness) -> usize {
    table(harness).await.iter().map(|item| item.to_string().len()).max().unwrap_or_default()
}
