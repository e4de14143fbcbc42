//! The functions that keep `ConnectWise` like the subscriptions: the consumer of the table's stream, and what takes up again
//! what it could not do.

use conformance::portal::{ADDITIONS, Ask, Step, story};
use conformance::root;
use conformance::runtime_api::{Function, Outcome};
use sandbox::background::CONNECTWISE_DEAD_LETTERS;
use sandbox::stack::Stack;
use serde_json::{Value, json};
use service_manager::endpoints;
use service_manager::store::{SyncKey, SHARDS};

use crate::portal::Portal;
use crate::processes::{REDRIVE, variables_of_redrive};

/// A stack on which the account of the event files is linked with an agreement.
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

/// The same, and it has a subscription.
async fn sold() -> Portal {
    let mut portal = linked().await;
    let sold = portal.ask(&ask("subscriptions/create", Some(json!({})))).await;
    assert_eq!(sold["body"]["Code"], 0, "{sold}");
    portal
}

pub fn ask(path: &str, body: Option<Value>) -> Ask {
    let endpoint = endpoints::all_endpoints().find(|endpoint| endpoint.path == path).unwrap();
    Ask { endpoint, query: "", body }
}

/// Where the addition of the event file's subscription stands.
async fn addition(portal: &mut Portal) -> Value {
    let rows = portal.ask(&ask("portal/additions/list", None)).await["body"].clone();
    rows.as_array().unwrap().iter().find(|row| row["account"] == "A-1001").unwrap().clone()
}

fn written() -> Value {
    serde_json::from_slice(&std::fs::read(root().join(ADDITIONS)).unwrap()).unwrap()
}

/// Has `ConnectWise` answer 503 to everybody who asks for additions, or not any more.
async fn down(stack: &Stack, is_down: bool) {
    let url = format!("{}/_sandbox/faults", stack.connectwise_url.split("/v4_6").next().unwrap());
    let rules = if is_down { json!([{"method": "GET", "path": "*/additions*", "status": 503}]) } else { json!([]) };
    let answer = reqwest::Client::new().post(url).json(&rules).send().await.unwrap();
    assert!(answer.status().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_consumer_makes_an_addition_of_what_was_sold_once() {
    let mut portal = sold().await;
    assert_eq!(addition(&mut portal).await["state"], "linked");
    for _ in 0..2 {
        assert_eq!(portal.consume(&written()).await, json!({ "batchItemFailures": [] }));
        let made = addition(&mut portal).await;
        assert_eq!((&made["state"], &made["agreement"]), (&json!("applied"), &json!(101)), "{made}");
    }
    portal.end().await;
}

/// What a letter names is done, unless it is on record to be done when it is due.
#[tokio::test(flavor = "multi_thread")]
async fn the_redrive_does_what_letters_name() {
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
    // The stream has the organization that was made in the portal as well. What is on record as pending waits until it is due.
    assert_eq!((&report["applied"], &report["deadLettersProcessed"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!((&report["failed"], &report["pending"]), (&json!([]), &json!([])), "{report}");
    assert_eq!(report["deadLettersKept"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(queue(&portal.stack), 1);
    assert_eq!(addition(&mut portal).await["state"], "pending", "it is due in a minute");

    a_minute_passes(&portal.stack).await;
    let Outcome::Response(report) = redrive.invoke(schedule).await.unwrap() else { panic!() };
    assert_eq!((&report["applied"], &report["pending"]), (&json!(1), &json!([])), "{report}");
    assert_eq!(addition(&mut portal).await["state"], "applied");
    portal.running.insert("connectwise-redrive".to_owned(), redrive);
    portal.end().await;
}

/// For what is pending: it is due.
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

/// What Lambda says of a batch that it gave up: all that the table's stream holds.
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
    let builder = reqwest::Client::new().post(&stack.dynamodb_url).body(body.to_string());
    let builder = builder.header("x-amz-target", format!("DynamoDBStreams_20120810.{operation}"));
    // The engine asks for a signature and takes any.
    let signed =
        "AWS4-HMAC-SHA256 Credential=local/20261121/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
    let builder = builder.header("authorization", signed).header("x-amz-date", "20261121T101500Z");
    let answer = builder.header("content-type", "application/x-amz-json-1.0").send().await.unwrap();
    let (status, said) = (answer.status(), answer.text().await.unwrap());
    assert!(status.is_success(), "{operation}: {said}");
    serde_json::from_str(&said).unwrap()
}
