//! The functions that synchronize subscriptions to `ConnectWise`: the stream's consumer and the redrive.

use conformance::portal::{ADDITIONS, Ask, Step, story};
use conformance::root;
use conformance::runtime_api::Outcome;
use sandbox::background::CONNECTWISE_DEAD_LETTERS;
use sandbox::stack::Stack;
use serde_json::{Value, json};
use service_manager::endpoints;
use service_manager::store::{SHARDS, SyncKey};

use crate::portal::Portal;

/// Starts a stack on which the account of the event files is linked with an agreement.
pub async fn linked() -> Portal {
    let mut portal = Portal::new().await;
    for step in story().unwrap() {
        let Step::Ask(ask) = step else { continue };
        if ask.endpoint.path == "subscriptions/create" {
            break;
        }
        assert_eq!(portal.ask(&ask).await["status"], 200, "{ask:?}");
    }
    portal
}

/// [`linked`], with a subscription.
pub async fn sold() -> Portal {
    let mut portal = linked().await;
    let sold = portal.ask(&ask("subscriptions/create", Some(json!({})))).await;
    assert_eq!(sold["body"]["Code"], 0, "{sold}");
    portal
}

pub fn ask(path: &str, body: Option<Value>) -> Ask {
    let endpoint = endpoints::all_endpoints().find(|endpoint| endpoint.path == path).unwrap();
    Ask { endpoint, query: "", body }
}

/// Returns the state of the addition of the event files' subscription.
async fn addition(portal: &mut Portal) -> Value {
    let rows = portal.ask(&ask("portal/additions/list", None)).await["body"]["additions"].clone();
    rows.as_array().unwrap().iter().find(|row| row["account"] == "A-1001").unwrap().clone()
}

pub fn written() -> Value {
    serde_json::from_slice(&std::fs::read(root().join(ADDITIONS)).unwrap()).unwrap()
}

/// Makes `ConnectWise` return 503 for additions, or removes that fault.
pub async fn down(stack: &Stack, is_down: bool) {
    let url = format!("{}/_sandbox/faults", stack.connectwise_url.split("/v4_6").next().unwrap());
    let rules = if is_down { json!([{"method": "GET", "path": "*/additions*", "status": 503}]) } else { json!([]) };
    let answer = sandbox::http_client().unwrap().post(url).json(&rules).send().await.unwrap();
    assert!(answer.status().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consumer_creates_one_addition_of_a_sale() {
    let mut portal = sold().await;
    assert_eq!(addition(&mut portal).await["state"], "linked");
    for _ in 0..2 {
        assert_eq!(portal.consume(&written()).await, json!({ "batchItemFailures": [] }));
        let made = addition(&mut portal).await;
        assert_eq!((&made["state"], &made["agreement"]), (&json!("synced"), &json!(101)), "{made}");
    }
    portal.end().await;
}

/// The redrive processes the records of a dead letter, unless they are recorded as pending and not due yet.
#[tokio::test(flavor = "multi_thread")]
async fn the_redrive_processes_dead_letters() {
    let mut portal = sold().await;
    down(&portal.deployed.stack, true).await;
    let failed = portal.consume(&written()).await;
    assert_eq!(failed["batchItemFailures"][0]["itemIdentifier"], "111000000000000000001", "{failed}");
    assert_eq!(addition(&mut portal).await["state"], "pending");
    down(&portal.deployed.stack, false).await;

    let queue = |stack: &Stack| stack.queues.messages(CONNECTWISE_DEAD_LETTERS).len();
    portal.deployed.stack.queues.send(CONNECTWISE_DEAD_LETTERS, letter(&portal.deployed.stack).await.to_string());
    portal.deployed.stack.queues.send(CONNECTWISE_DEAD_LETTERS, "not a batch");
    let schedule = std::fs::read(root().join("tests/events/connectwise-redrive.json")).unwrap();
    let schedule: Value = serde_json::from_slice(&schedule).unwrap();
    let Outcome::Response(report) = portal.run("connectwise-redrive", &schedule).await else { panic!() };
    // The stream also contains the organization created in the portal. Pending tasks wait until they are due.
    assert_eq!((&report["synced"], &report["deadLettersProcessed"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!((&report["failed"], &report["pending"]), (&json!([]), &json!([])), "{report}");
    assert_eq!(report["deadLettersKept"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(queue(&portal.deployed.stack), 1);
    assert_eq!(addition(&mut portal).await["state"], "pending", "it is due in a minute");

    a_minute_passes(&portal.deployed.stack).await;
    let Outcome::Response(report) = portal.run("connectwise-redrive", &schedule).await else { panic!() };
    assert_eq!((&report["synced"], &report["pending"]), (&json!(1), &json!([])), "{report}");
    assert_eq!(addition(&mut portal).await["state"], "synced");
    portal.end().await;
}

/// Advances the clock so that pending tasks are due.
pub async fn a_minute_passes(stack: &Stack) {
    let store = &stack.app.store;
    for shard in 0..SHARDS {
        for key in store.due_syncs(shard, i64::MAX, 10).await.unwrap() {
            let SyncKey::Addition(key) = key else { continue };
            let record = store.addition(&key).await.unwrap().unwrap();
            assert!(store.schedule_sync(&record, "a test", 0, record.sync.updated_at).await.unwrap());
        }
    }
}

/// Returns Lambda's dead letter of a batch with all records of the table's stream.
async fn letter(stack: &Stack) -> Value {
    let (batch, _) = stack.dynamodb.stream_batch(&stack.table).await.unwrap();
    json!({
        "requestContext": { "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 6 },
        "version": "1.0",
        "DDBStreamBatchInfo": batch,
    })
}
