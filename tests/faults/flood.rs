//! Very many mailboxes of one organization fail at once, or complete: one ticket, a bounded number of configurations per
//! round, no item that grows with the mailboxes, and neither a write nor a request to ConnectWise in a round in which nothing
//! changes.
//!
//! `FLOOD=50000` sets the number of mailboxes.

use std::num::NonZeroU32;
use std::time::Instant;

use faults::harness::{DEADLINE, Harness, written_of_actions};
use faults::parallel;
use faults::request::action::{action, failures};
use faults::request::connectwise::{link, organization};
use faults::request::dropsuite::{service, synchronize};
use jiff::SignedDuration;
use sandbox::background;
use sandbox::connectwise::Settings;
use sandbox::dropsuite::{Backups, MailboxKey};
use sandbox::stack::{CLIENT_ID, Options};
use serde_json::{Value, json};
use service_manager::store::{ConfigurationLedger, ConfigurationPlace};
use service_manager::vendor::VendorName;
use service_manager::workers::actions::configurations::MAX_CREATED;

/// Maximum size of an item in this test, in bytes. DynamoDB refuses an item of more than 400 KB.
const MAX_ITEM: usize = 32 * 1024;

/// Number of rows in a page of ConnectWise.
const CONNECTWISE_PAGE: usize = 1000;

/// Rounds beyond those that are needed, for checks that run out of time on a busy machine.
const MAX_ROUNDS: usize = 10;

/// Number of stream records in one request.
const BATCH: usize = 1000;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_failures_is_one_ticket() {
    let _turn = parallel::turn().await;
    let (harness, mailboxes) = flooded().await;
    let count = mailboxes.len();
    let keys: Vec<_> = mailboxes.iter().map(|key| action(&format!("euwest.backup.{}", key.id))).collect();

    set_backups(&harness, "Space Full", &"x".repeat(200));
    // A check that runs out of time leaves the rest to the next one.
    let (mut first_seconds, mut rounds) = (0, 0);
    while items(&harness, "action").await < count && rounds < MAX_ROUNDS {
        first_seconds += round(&harness).await.seconds;
        rounds += 1;
    }
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
    assert_eq!((quiet.writes, quiet.connectwise_calls), (0, 0));

    println!(
        "{count} mailboxes fail: {} ticket; {} writes per quiet round, which takes {} s ({rounds} first rounds \
         {first_seconds} s); the largest item has {largest} bytes",
        tickets.len(),
        quiet.writes,
        quiet.seconds,
    );
    assert!(largest < MAX_ITEM, "{largest}");

    set_backups(&harness, "Completed", "");
    let (mut last_seconds, mut last_rounds) = (0, 0);
    while self::tickets(&harness)[0]["closedFlag"] != true && last_rounds < MAX_ROUNDS {
        last_seconds += round(&harness).await.seconds;
        deliver(&harness, &keys).await;
        last_rounds += 1;
    }
    let closed = self::tickets(&harness);
    assert_eq!((closed.len(), &closed[0]["closedFlag"]), (1, &json!(true)));
    println!("{count} mailboxes recover: the ticket is closed after {last_rounds} rounds ({last_seconds} s)");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_completed_actions_has_its_configurations_in_bounded_rounds() {
    let _turn = parallel::turn().await;
    let (harness, mailboxes) = flooded().await;
    let count = mailboxes.len();
    // All, by default.
    let left = count.min(10 * MAX_CREATED);
    configure(&harness, &mailboxes[left..]).await;
    let before = configurations(&harness);
    assert_eq!(before, count - left);
    let expected_rounds = left.div_ceil(MAX_CREATED);
    let pages = count.div_ceil(CONNECTWISE_PAGE) + 2;
    let (mut writes, mut calls, mut seconds) = (0, 0, 0);
    let mut number = 0;
    while configurations(&harness) < count && number < expected_rounds + MAX_ROUNDS {
        let cost = round(&harness).await;
        let created = configurations(&harness);
        number += 1;
        assert!(created <= count.min(before + number * MAX_CREATED), "round {number}: {created}");
        assert!(cost.writes <= 2 && cost.connectwise_calls <= MAX_CREATED + pages, "round {number}: {cost:?}");
        (writes, calls) = (writes.max(cost.writes), calls.max(cost.connectwise_calls));
        seconds += cost.seconds;
    }
    assert_eq!(configurations(&harness), count);
    let quiet = round(&harness).await;
    assert_eq!((quiet.writes, quiet.connectwise_calls), (0, 0));
    let (parts, largest) = (parts(&harness).await, largest_item(&harness).await);
    println!(
        "{count} mailboxes complete: {} configurations, {left} of them in {number} rounds ({seconds} s), each with at most {writes} \
         writes and {calls} requests to ConnectWise; {} writes and {} requests per quiet round, which takes {} s; {parts} \
         items of known configurations; the largest item has {largest} bytes",
        configurations(&harness),
        quiet.writes,
        quiet.connectwise_calls,
        quiet.seconds,
    );
    assert!(largest < MAX_ITEM, "{largest}");
}

/// Returns a harness with one organization that is sold, and its many mailboxes.
async fn flooded() -> (Harness, Vec<MailboxKey>) {
    let count: usize = std::env::var("FLOOD").ok().and_then(|text| text.parse().ok()).unwrap_or(1100);
    let options = Options { connectwise_requests_per_minute: NonZeroU32::new(60_000), ..Options::from_env() };
    let harness =
        Harness::with(Options { vendor: VendorName::Dropsuite, deadline: DEADLINE, ..options }).await.unwrap();
    let connectwise = &harness.stack.connectwise;
    connectwise.set_settings(Settings { requests_per_minute: None, ..connectwise.settings() });
    harness.set_up_connectwise().await;
    harness.stack.dynamodb.stop_stream(&harness.stack.table).await.unwrap();
    for request in [synchronize(1), service("subscriptions/create", 1, 3, &json!({})), link(1, 20, 104)] {
        harness.done(request.path, request.body).await;
    }
    let mailboxes = harness.stack.dropsuite.add_mailboxes(&organization(1), count).unwrap();
    (harness, mailboxes)
}

/// Creates and records the configurations of mailboxes, as earlier rounds would have.
async fn configure(harness: &Harness, mailboxes: &[MailboxKey]) {
    let store = &harness.stack.app.store;
    let msp = store.enrolled_msps().await.unwrap().remove(0).msp;
    let (settings, link) = (store.msp(msp).await.unwrap().unwrap(), store.agreements(msp).await.unwrap().remove(0));
    let (place, now) = (ConfigurationPlace::new(msp, &settings, link.company), harness.stack.clock.now());
    let organization = link.organization.unwrap();
    let (client, url) = (sandbox::http_client().unwrap(), &harness.stack.connectwise_url);
    let mut ledger = ConfigurationLedger::default();
    for batch in mailboxes.chunks(MAX_CREATED) {
        let mut part = ledger.open_part(&organization, &place, now);
        for mailbox in batch {
            let name = format!("euwest.backup.{}", mailbox.id);
            let row = json!({
                "name": name, "deviceIdentifier": name, "type": {"id": settings.configuration_type},
                "company": {"id": link.company},
            });
            let request = client.post(format!("{url}/company/configurations")).basic_auth("demo+pub", Some("priv"));
            let response = request.header("clientId", CLIENT_ID).json(&row).send().await.unwrap();
            assert!(response.status().is_success(), "{response:?}");
            part.actions.push(name);
        }
        part.version += 1;
        assert!(store.save_configured_actions(&part).await.unwrap());
        ledger.parts.retain(|known| known.number != part.number);
        ledger.parts.push(part);
    }
}

/// The cost of a round.
#[derive(Debug)]
struct Round {
    writes: usize,
    connectwise_calls: usize,
    seconds: u64,
}

/// Runs a round an hour later.
async fn round(harness: &Harness) -> Round {
    let stack = &harness.stack;
    stack.clock.advance(SignedDuration::from_hours(1));
    let (before, started) = (stack.dynamodb.operations().len(), Instant::now());
    let calls = stack.connectwise.calls().len();
    assert_eq!(background::monitor(&stack.app).await.unwrap().sent, 1);
    assert_eq!(background::check(&stack.app, &stack.queues).await, Ok(1));
    let operations = stack.dynamodb.operations().split_off(before);
    let writes = operations.iter().filter(|operation| !["GetItem", "Query"].contains(&operation.as_str())).count();
    let connectwise_calls = stack.connectwise.calls().len() - calls;
    Round { writes, connectwise_calls, seconds: started.elapsed().as_secs() }
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

/// Returns the number of configurations of the service manager's type.
fn configurations(harness: &Harness) -> usize {
    let held = harness.connectwise();
    let all = held["configuration"].as_array().into_iter().flatten();
    all.filter(|row| row["type"]["name"] == "dropsuite_mailbox_actions").count()
}

/// Returns the number of items that say which actions have a configuration.
async fn parts(harness: &Harness) -> usize {
    let is_part = |item: &&Value| item["sk"]["S"].as_str().is_some_and(|sort| sort.starts_with("configurations#"));
    table(harness).await.iter().filter(is_part).count()
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
