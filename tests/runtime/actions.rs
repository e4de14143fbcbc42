//! The functions of actions and tickets: report, monitor, check, and the stream's consumer.

use conformance::report::signed;
use conformance::root;
use conformance::runtime_api::{Function, Outcome};
use jiff::Timestamp;
use sandbox::background::ACTIONS;
use sandbox::dropsuite::Backups;
use sandbox::stack::{REPORTER_KEY, Stack};
use serde_json::{Value, json};
use service_manager::endpoints::actions::report::ENDPOINT;
use service_manager::workers::actions::monitor::MAX_BACKLOG;

use crate::connectwise::{ask, linked, sold};
use crate::portal::Portal;
use crate::processes::{CHECK, MONITOR, TICKETS, variables, variables_of_check, variables_of_monitor};

/// A rate limit that no test reaches.
pub const UNBOUNDED: u32 = 60_000;

/// Runs the monitor once.
pub async fn monitor(portal: &mut Portal) -> Outcome {
    let name = "actions-monitor";
    let variables = variables_of_monitor(&portal.stack, &portal.table_of(name));
    portal.run(name, MONITOR, &variables, &event(name)).await
}

/// Runs the check for a batch of the queue.
pub async fn check(portal: &mut Portal, records: &[Value]) -> Outcome {
    let name = "actions-check";
    let variables = variables_of_check(&portal.stack, &portal.table_of(name), UNBOUNDED);
    portal.run(name, CHECK, &variables, &json!({ "Records": records })).await
}

/// Receives the next batch of the queue, in the format of Lambda's event, with a visibility timeout of half an hour.
/// Empty if there is no message.
pub async fn received(stack: &Stack) -> Vec<Value> {
    let body = json!({ "MaxNumberOfMessages": 10, "VisibilityTimeout": 1800, "AttributeNames": ["All"] });
    let answer = of_queue(stack, "ReceiveMessage", body).await;
    let record = |message: &Value| {
        json!({
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:actions",
            "awsRegion": "eu-west-1",
        })
    };
    answer["Messages"].as_array().into_iter().flatten().map(record).collect()
}

/// Deletes processed messages, as Lambda does.
pub async fn deleted(stack: &Stack, records: &[Value]) {
    for record in records {
        of_queue(stack, "DeleteMessage", json!({ "ReceiptHandle": record["receiptHandle"] })).await;
    }
}

async fn of_queue(stack: &Stack, operation: &str, mut body: Value) -> Value {
    body["QueueUrl"] = json!(format!("{}/{ACTIONS}", stack.aws_url));
    let request =
        sandbox::http_client().unwrap().post(&stack.aws_url).header("x-amz-target", format!("AmazonSQS.{operation}"));
    let answer = request.json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{operation}: {answer:?}");
    answer.json().await.unwrap()
}

fn event(name: &str) -> Value {
    let file = root().join("tests/events").join(name).with_extension("json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Returns the organization of the event files' account.
async fn organization(portal: &mut Portal) -> String {
    let links = portal.ask(&ask("portal/links/list", None)).await["body"].clone();
    let link = links.as_array().unwrap().iter().find(|link| link["account"] == "A-1001").unwrap();
    link["organization"].as_str().unwrap().to_owned()
}

fn tickets(stack: &Stack) -> usize {
    let state = stack.connectwise.state_json();
    let all = state["ticket"].as_array().into_iter().flatten();
    all.filter(|ticket| ticket["externalXRef"].as_str().is_some_and(|held| held.starts_with("euwest.backup.10@")))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reported_failure_opens_one_ticket() {
    let mut portal = sold().await;
    let now = Timestamp::now();
    let failure = json!({
        "region": "euwest", "action": "backup", "actionId": "10", "mailbox": "ann@acme.example",
        "organization": organization(&mut portal).await, "state": "failed", "error": "IMAP connection failed",
        "attempt": 1, "time": now,
    });
    let report = json!({ "events": [failure] });
    let shape = portal.progress.event(&ENDPOINT).unwrap();
    let forged = signed(&report, now.as_second(), "another key").unwrap().to_event(&shape);
    let refused = portal.invoke(&ENDPOINT, &forged).await;
    assert_eq!((&refused["status"], &refused["body"]["code"]), (&json!(401), &json!(-401)), "{refused}");
    let right = signed(&report, now.as_second(), REPORTER_KEY).unwrap().to_event(&shape);
    let taken = portal.invoke(&ENDPOINT, &right).await;
    assert_eq!((&taken["status"], &taken["body"]), (&json!(200), &json!({ "events": 1, "changed": 1 })), "{taken}");

    let name = "connectwise-tickets";
    let mut variables = variables(&portal.stack, &portal.table_of(name));
    variables.remove("SEAL_KEY_ID");
    let broken = portal.run(name, TICKETS, &variables, &json!({ "Records": [{ "dynamodb": {} }] })).await;
    assert!(matches!(&broken, Outcome::Error(error) if error.to_string().contains("Keys")), "{broken:?}");
    for _ in 0..2 {
        let done = portal.run(name, TICKETS, &variables, &event(name)).await;
        assert_eq!(done, Outcome::Response(json!({ "batchItemFailures": [] })));
        assert_eq!(tickets(&portal.stack), 1);
    }
    portal.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn linked_organizations_are_queued_and_checked() {
    let mut portal = linked().await;
    let organization = organization(&mut portal).await;
    let mailboxes = portal.stack.dropsuite.add_mailboxes(&organization, 30).unwrap();
    let failing = Backups {
        status: "Authentication Error".to_owned(),
        mailboxes: Some(vec![mailboxes[29].email.clone()]),
        ..Backups::default()
    };
    portal.stack.dropsuite.set_backups(&organization, &failing).unwrap();

    for backlog in (0..=MAX_BACKLOG).step_by(2) {
        let sent = json!({ "sent": 2, "backlog": backlog, "completed": true });
        assert_eq!(monitor(&mut portal).await, Outcome::Response(sent));
    }
    let waits = json!({ "sent": 0, "backlog": MAX_BACKLOG + 2, "completed": false });
    assert_eq!(monitor(&mut portal).await, Outcome::Response(waits));
    let mut records = received(&portal.stack).await;
    records.push(json!({ "messageId": "not the monitor's", "body": "{}" }));
    let unfinished = json!({ "batchItemFailures": [{ "itemIdentifier": "not the monitor's" }] });
    assert_eq!(check(&mut portal, &records).await, Outcome::Response(unfinished));
    let items = portal.stack.dynamodb.items(&portal.stack.table).await.unwrap();
    assert_eq!(items.iter().filter(|item| item["sk"]["S"] == "action").count(), 1);

    let mut variables = variables_of_monitor(&portal.stack, &portal.table_of("actions-monitor"));
    variables.remove("CHECK_QUEUE_URL");
    let mut nowhere = Function::start(MONITOR, &[], &variables).await.unwrap();
    let failed = nowhere.invoke(event("actions-monitor").to_string()).await.unwrap();
    assert!(
        matches!(&failed, Outcome::Error(error) if error.to_string().contains("CHECK_QUEUE_URL is not set")),
        "{failed:?}"
    );
    portal.end().await;
}

/// A limit of two a minute allows one request immediately, and the next one only after the function's deadline.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_stays_within_its_rate_limit() {
    let mut portal = linked().await;
    monitor(&mut portal).await;
    let records = received(&portal.stack).await;
    let before = portal.stack.dropsuite.calls().len();
    let variables = variables_of_check(&portal.stack, &portal.table_of("actions-check"), 2);
    let mut bounded = Function::start(CHECK, &[], &variables).await.unwrap();
    let answer = bounded.invoke(json!({ "Records": records }).to_string()).await.unwrap();
    // A check that fails is not repeated: the next round makes another one.
    assert_eq!(answer, Outcome::Response(json!({ "batchItemFailures": [] })));
    assert_eq!(portal.stack.dropsuite.calls().len() - before, 1);
    portal.end().await;
}
