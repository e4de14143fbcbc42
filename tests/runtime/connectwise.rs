//! The functions that synchronize subscriptions to `ConnectWise`: the stream's consumer and the redrive.

use conformance::portal::{ADDITIONS, Ask, Step, story};
use conformance::root;
use conformance::runtime_api::{Function, Outcome};
use sandbox::background::CONNECTWISE_DEAD_LETTERS;
use sandbox::stack::Stack;
use serde_json::{Value, json};
use service_manager::endpoints;
use service_manager::store::{SHARDS, SyncKey};

use crate::portal::Portal;
use crate::processes::{REDRIVE, variables_of_redrive};

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
    let rows = portal.ask(&ask("portal/additions/list", None)).await["body"].clone();
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
    down(&portal.stack, true).await;
    let failed = portal.consume(&written()).await;
    assert_eq!(failed["batchItemFailures"][0]["itemIdentifier"], "111000000000000000001", "{failed}");
    assert_eq!(addition(&mut portal).await["state"], "pending");
    down(&portal.stack, false).await;

    let queue = |stack: &Stack| stack.queues.messages(CONNECTWISE_DEAD_LETTERS).len();
    portal.stack.queues.send(CONNECTWISE_DEAD_LETTERS, letter(&portal.stack).await.to_string());
    portal.stack.queues.send(CONNECTWISE_DEAD_LETTERS, "not a batch");
    let variables = variables_of_redrive(&portal.stack, &format!("{}/connectwise-redrive", portal.table.url));
    let mut redrive = Function::start(REDRIVE, &[], &variables).await.unwrap();
    let schedule = std::fs::read(root().join("tests/events/connectwise-redrive.json")).unwrap();
    let Outcome::Response(report) = redrive.invoke(schedule.clone()).await.unwrap() else { panic!() };
    // The stream also contains the organization created in the portal. Pending tasks wait until they are due.
    assert_eq!((&report["synced"], &report["deadLettersProcessed"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!((&report["failed"], &report["pending"]), (&json!([]), &json!([])), "{report}");
    assert_eq!(report["deadLettersKept"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(queue(&portal.stack), 1);
    assert_eq!(addition(&mut portal).await["state"], "pending", "it is due in a minute");

    a_minute_passes(&portal.stack).await;
    let Outcome::Response(report) = redrive.invoke(schedule).await.unwrap() else { panic!() };
    assert_eq!((&report["synced"], &report["pending"]), (&json!(1), &json!([])), "{report}");
    assert_eq!(addition(&mut portal).await["state"], "synced");
    portal.running.insert("connectwise-redrive".to_owned(), redrive);
    portal.end().await;
}

/// Advances the clock so that pending tasks are due.
async fn a_minute_passes(stack: &Stack) {
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
    let listed = stream(stack, "ListStreams", json!({ "TableName": "service-manager" })).await;
    let arn = &listed["Streams"][0]["StreamArn"];
    let described = stream(stack, "DescribeStream", json!({ "StreamArn": arn })).await;
    let shard = &described["StreamDescription"]["Shards"][0]["ShardId"];
    let start = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let iterator = stream(stack, "GetShardIterator", start).await["ShardIterator"].clone();
    let read = stream(stack, "GetRecords", json!({ "ShardIterator": iterator, "Limit": 1000 })).await;
    let records = read["Records"].as_array().unwrap();
    let number = |record: Option<&Value>| record.unwrap()["dynamodb"]["SequenceNumber"].clone();
    json!({
        "requestContext": { "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 6 },
        "version": "1.0",
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": number(records.first()),
            "endSequenceNumber": number(records.last()),
            "batchSize": records.len(),
            "streamArn": arn,
        },
    })
}

async fn stream(stack: &Stack, operation: &str, body: Value) -> Value {
    let builder = sandbox::http_client().unwrap().post(&stack.dynamodb_url).body(body.to_string());
    let builder = builder.header("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"));
    // The engine requires a signature and accepts any.
    let signed =
        "AWS4-HMAC-SHA256 Credential=local/20261121/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
    let builder = builder.header("authorization", signed).header("x-amz-date", "20261121T101500Z");
    let answer = builder.header("content-type", "application/x-amz-json-1.0").send().await.unwrap();
    let (status, said) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{operation}: {said}");
    serde_json::from_str(&said).unwrap()
}
