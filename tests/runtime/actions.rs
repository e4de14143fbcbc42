//! The functions of actions and tickets: report, monitor, check, and the stream's consumer.

use conformance::report::signed;
use conformance::root;
use conformance::runtime_api::Outcome;
use jiff::Timestamp;
use sandbox::dropsuite::Backups;
use sandbox::stack::{REPORTER_KEY, Stack};
use serde_json::{Value, json};
use service_manager::endpoints::actions::report::ENDPOINT;
use service_manager::workers::actions::monitor::MAX_BACKLOG;

use crate::connectwise::{ask, linked, sold};
use crate::deployed::{Deployed, start};
use crate::portal::Portal;

/// The name of the check.
const CHECK: &str = "actions-check";

/// The variable with the rate limit of checks, and a limit that no test reaches.
pub const UNBOUNDED: (&str, &str) = ("DROPSUITE_REQUESTS_PER_MINUTE", "60000");

/// Runs the monitor once.
pub async fn monitor(portal: &mut Portal) -> Outcome {
    portal.run("actions-monitor", &event("actions-monitor")).await
}

/// Runs the check for a batch of the queue.
pub async fn check(portal: &mut Portal, records: &[Value]) -> Outcome {
    let variables = portal.deployed.variables_with(CHECK, &[UNBOUNDED]);
    portal.run_with(CHECK, &variables, &json!({ "Records": records })).await
}

/// A queue, by its name in the template, and the function that it triggers.
#[derive(Clone, Copy, Debug)]
pub struct Trigger {
    queue: &'static str,
    function: &'static str,
}

/// The queue of checks.
pub const CHECKS: Trigger = Trigger { queue: "ActionsQueue", function: CHECK };

/// The queue of audits.
pub const AUDITS: Trigger = Trigger { queue: "AuditsQueue", function: "connectwise-audit" };

/// Receives the next batch of a queue as Lambda does, in the format of its event, with a visibility timeout of half an
/// hour. Empty if there is no message.
pub async fn received(deployed: &Deployed, from: Trigger) -> Vec<Value> {
    of_queue(deployed, from, "GetQueueAttributes", json!({ "AttributeNames": ["All"] })).await;
    let body = json!({ "MaxNumberOfMessages": 10, "VisibilityTimeout": 1800, "AttributeNames": ["All"] });
    let answer = of_queue(deployed, from, "ReceiveMessage", body).await;
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
pub async fn deleted(deployed: &Deployed, from: Trigger, records: &[Value]) {
    for record in records {
        of_queue(deployed, from, "DeleteMessage", json!({ "ReceiptHandle": record["receiptHandle"] })).await;
    }
}

async fn of_queue(deployed: &Deployed, of: Trigger, operation: &str, mut body: Value) -> Value {
    body["QueueUrl"] = json!(deployed.deployment.value(&json!({ "Ref": of.queue }).to_string()).unwrap());
    deployed.call_as(of.function, &format!("AmazonSQS.{operation}"), &body).await
}

pub fn event(name: &str) -> Value {
    let file = root().join("tests/events").join(name).with_extension("json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Returns the organization of the event files' account.
pub async fn organization(portal: &mut Portal) -> String {
    let links = portal.ask(&ask("portal/links/list", None)).await["body"]["links"].clone();
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
    let broken = portal.run(name, &json!({ "Records": [{ "dynamodb": {} }] })).await;
    assert!(matches!(&broken, Outcome::Error(error) if error.to_string().contains("Keys")), "{broken:?}");
    for _ in 0..2 {
        let done = portal.run(name, &event(name)).await;
        assert_eq!(done, Outcome::Response(json!({ "batchItemFailures": [] })));
        assert_eq!(tickets(&portal.deployed.stack), 1);
    }
    portal.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn linked_organizations_are_queued_and_checked() {
    let mut portal = linked().await;
    let organization = organization(&mut portal).await;
    let mailboxes = portal.deployed.stack.dropsuite.add_mailboxes(&organization, 30).unwrap();
    let failing = Backups {
        status: "Authentication Error".to_owned(),
        mailboxes: Some(vec![mailboxes[29].email.clone()]),
        ..Backups::default()
    };
    portal.deployed.stack.dropsuite.set_backups(&organization, &failing).unwrap();

    for backlog in (0..=MAX_BACKLOG).step_by(2) {
        let sent = json!({ "sent": 2, "backlog": backlog, "completed": true });
        assert_eq!(monitor(&mut portal).await, Outcome::Response(sent));
    }
    let waits = json!({ "sent": 0, "backlog": MAX_BACKLOG + 2, "completed": false });
    assert_eq!(monitor(&mut portal).await, Outcome::Response(waits));
    let mut records = received(&portal.deployed, CHECKS).await;
    records.push(json!({ "messageId": "not the monitor's", "body": "{}" }));
    let unfinished = json!({ "batchItemFailures": [{ "itemIdentifier": "not the monitor's" }] });
    assert_eq!(check(&mut portal, &records).await, Outcome::Response(unfinished));
    let items = portal.deployed.stack.dynamodb.items(&portal.deployed.stack.table).await.unwrap();
    assert_eq!(items.iter().filter(|item| item["sk"]["S"] == "action").count(), 1);

    let mut variables = portal.deployed.variables("actions-monitor");
    variables.remove("CHECK_QUEUE_URL");
    let mut nowhere = start("actions-monitor", &variables).await;
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
    let records = received(&portal.deployed, CHECKS).await;
    let before = portal.deployed.stack.dropsuite.calls().len();
    let variables = portal.deployed.variables_with(CHECK, &[("DROPSUITE_REQUESTS_PER_MINUTE", "2")]);
    let mut bounded = start(CHECK, &variables).await;
    let answer = bounded.invoke(json!({ "Records": records }).to_string()).await.unwrap();
    // A check that fails is not repeated: the next round makes another one.
    assert_eq!(answer, Outcome::Response(json!({ "batchItemFailures": [] })));
    assert_eq!(portal.deployed.stack.dropsuite.calls().len() - before, 1);
    portal.end().await;
}
