//! Stories that use every function: each request is first sent while the vendor and `ConnectWise` fail in several ways, then
//! as it succeeds. Lambda's part, the event sources and the destinations of failed runs, acts with the function's role.

mod audits;
mod bss;
mod feed;
mod msp;

use conformance::event::merge;
use conformance::runtime_api::Outcome;
use sandbox::faults::Rule;
use sandbox::stack::Stack;
use serde_json::{Value, json};
use service_manager::endpoints::Endpoint;
use service_manager::vendor::VendorName;

pub use bss::customer;
pub use msp::msp;

use crate::actions::event;
use crate::deployed::Deployed;
use crate::portal::Portal;

/// The recovery of abandoned jobs.
const RECOVERY: &str = "work-reconcile";

/// The retries of what is to be written to `ConnectWise`.
const REDRIVE: &str = "connectwise-redrive";

/// The rounds of checks.
const MONITOR: &str = "actions-monitor";

/// The start of audits.
const SCHEDULE: &str = "connectwise-schedule";

/// The functions that a schedule starts, but for the start of audits.
const SCHEDULED: [&str; 3] = [RECOVERY, REDRIVE, MONITOR];

/// The template's parameters: failures are not waited for as long as in production, and no rate limit is reached.
const PARAMETERS: [(&str, &str); 5] = [
    ("RequestDeadlineMs", "5000"),
    ("ChecksRequestsPerMinute", "60000"),
    ("AuditRequestsPerMinute", "60000"),
    ("ConnectWiseRequestsPerMinute", "60000"),
    ("DropsuiteSearchPages", "1"),
];

/// More customers than a page of Dropsuite's list has.
const CUSTOMERS: usize = 105;

/// The most tries until a request succeeds. A search through the vendor's customers continues with each.
const TRIES: usize = 4;

/// Deploys for a vendor, with more customers at Dropsuite than one call searches.
async fn deployed(vendor: VendorName) -> Portal {
    let portal = Portal::of(Deployed::of(vendor, &PARAMETERS).await);
    let url = portal.deployed.stack.dropsuite_url.replace("/api", "/_sandbox/organizations");
    for number in 0..CUSTOMERS {
        let new = json!({
            "email": format!("it@customer{number}.example"), "organization_name": format!("Customer {number}"), "seats": 1,
        });
        let made = sandbox::http_client().unwrap().post(&url).json(&new).send().await.unwrap();
        assert!(made.status().is_success(), "{made:?}");
    }
    portal
}

/// Ways in which the vendor and `ConnectWise` fail: credentials that are refused, an object that is denied, no answer at all,
/// and writes that are not done.
fn failures() -> [Value; 4] {
    // A pause that is longer than the deadline is not waited for.
    let each = |path: &str, status: u16| json!({ "path": path, "status": status, "headers": { "Retry-After": 60 } });
    [
        json!([each("*", 401)]),
        json!([each("/users/*", 404), each("*/team/*", 404), each("*/v4_6_release/*", 404)]),
        json!([each("*", 429)]),
        writes(&json!({ "status": 503 })),
    ]
}

/// Loses the answer to a write after the work is done, once for each kind of write.
fn unanswered() -> Value {
    writes(&json!({ "drop": "after", "times": 1 }))
}

/// Returns the rules of a fault of every write.
fn writes(fault: &Value) -> Value {
    const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];
    // Each operation of Dropbox is a POST; these write.
    const DROPBOX: [&str; 4] = ["*/team/create", "*/skus/modify", "*/team/cancel", "*/team/reinstate"];
    let of = |method: &str, path: &str| {
        let mut rule = json!({ "method": method, "path": path });
        merge(&mut rule, fault.clone());
        rule
    };
    let others = METHODS
        .iter()
        .flat_map(|method| ["/api/users*", "/api/resellers*", "*/v4_6_release/*"].map(|path| of(method, path)));
    others.chain(DROPBOX.iter().map(|path| of("POST", path))).collect()
}

fn fail(stack: &Stack, rules: &Value) {
    let rules: Vec<Rule> = serde_json::from_value(rules.clone()).unwrap();
    for faults in [stack.dropsuite.faults(), stack.dropbox.faults(), stack.connectwise.faults()] {
        faults.set(rules.clone());
    }
}

/// Sends an event while everything else fails, in each way; each twice, because the second try finds what the first left.
/// The recovery meets the writes that were not done. What it does not do is then done without an answer.
async fn unhappily(portal: &mut Portal, endpoint: &Endpoint, event: &Value) {
    for rules in failures() {
        twice(portal, endpoint, event, &rules).await;
    }
    recover(portal).await;
    twice(portal, endpoint, event, &unanswered()).await;
}

async fn twice(portal: &mut Portal, endpoint: &Endpoint, event: &Value, rules: &Value) {
    fail(&portal.deployed.stack, rules);
    for _ in 0..2 {
        portal.invoke(endpoint, event).await;
    }
    fail(&portal.deployed.stack, &json!([]));
}

/// Sends an event until it succeeds.
async fn happily(portal: &mut Portal, endpoint: &Endpoint, event: &Value) {
    let mut answer = Value::Null;
    for _ in 0..TRIES {
        answer = portal.invoke(endpoint, event).await;
        if answer["body"].get("Code").unwrap_or(&json!(0)) == &json!(0) {
            return;
        }
    }
    panic!("{}: {answer}", endpoint.path);
}

/// Runs the recovery, without the time that it leaves to the operator.
async fn recover(portal: &mut Portal) {
    run(portal, RECOVERY, &event(RECOVERY)).await;
}

/// Runs the scheduled functions.
async fn scheduled(portal: &mut Portal) {
    for name in SCHEDULED {
        run(portal, name, &event(name)).await;
    }
}

/// Runs the redrive as an operator does for everything that may have been missed.
async fn full_scan(portal: &mut Portal) {
    run(portal, REDRIVE, &json!({ "fullScan": true })).await;
}

/// Runs a scheduled function. Lambda sends a failed run to the queue of dead letters.
async fn run(portal: &mut Portal, name: &str, event: &Value) {
    let variables = portal.deployed.variables_with(name, &[("RECONCILE_AFTER_SECONDS", "0")]);
    if let Outcome::Error(error) = portal.run_with(name, &variables, event).await {
        send(&portal.deployed, name, "DeadLetters", &json!({ "responsePayload": error })).await;
    }
}

/// Makes the table refuse calls in a way that is not retried.
fn store_fails(stack: &Stack, which: &Value) {
    let body = json!({ "__type": "com.amazon.coral.validate#ValidationException", "message": "as asked" });
    let mut rule = json!({ "path": "*", "status": 400, "body": body });
    merge(&mut rule, which.clone());
    stack.dynamodb.faults().set(vec![serde_json::from_value(rule).unwrap()]);
}

/// Sends a message to a queue as Lambda does for a function.
async fn send(deployed: &Deployed, function: &str, queue: &str, message: &Value) {
    let url = deployed.deployment.value(&json!({ "Ref": queue }).to_string()).unwrap();
    let body = json!({ "QueueUrl": url, "MessageBody": message.to_string() });
    deployed.call_as(function, "AmazonSQS.SendMessage", &body).await;
}
