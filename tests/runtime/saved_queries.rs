//! The saved queries of the template read fields that the functions' log lines have.

use std::collections::{BTreeMap, BTreeSet};

use conformance::report::signed;
use conformance::runtime_api::{Function, Outcome};
use conformance::template::{Template, text};
use jiff::Timestamp;
use sandbox::stack::{REPORTER_KEY, Stack};
use serde_json::{Value, json};
use service_manager::endpoints::actions::report::ENDPOINT;

use crate::actions::{CHECKS, check, monitor, received};
use crate::connectwise::{ask, down, sold, written};
use crate::portal::Portal;

/// Sets the fault rules of the vendor.
async fn faults(stack: &Stack, rules: Value) {
    let url = stack.dropsuite_url.replace("/api", "/_sandbox/faults");
    let answer = sandbox::http_client().unwrap().post(url).json(&rules).send().await.unwrap();
    assert!(answer.status().is_success());
}

/// Has the functions log one line of each kind that a query reads.
async fn all_kinds_of_lines() -> Portal {
    let mut portal = sold().await;
    down(&portal.deployed.stack, true).await;
    portal.consume(&written()).await;
    let report = signed(&json!({ "events": [] }), Timestamp::now().as_second(), REPORTER_KEY).unwrap();
    portal.invoke(&ENDPOINT, &report.to_event(&portal.progress.event(&ENDPOINT).unwrap())).await;

    faults(&portal.deployed.stack, json!([{"method": "GET", "path": "*/accounts", "status": 503}])).await;
    monitor(&mut portal).await;
    let records = received(&portal.deployed, CHECKS).await;
    check(&mut portal, &records).await;

    // The change has no response, and the read that would confirm it fails.
    let unconfirmed = json!([
        {"method": "PUT", "path": "*/subscription", "drop": "after"},
        {"method": "GET", "path": "*/users/*", "after": 1, "status": 503},
    ]);
    faults(&portal.deployed.stack, unconfirmed).await;
    let unconfirmed = portal.ask(&ask("subscriptions/update", Some(json!({})))).await;
    assert_eq!(unconfirmed["body"]["Code"], -1003, "{unconfirmed}");
    faults(&portal.deployed.stack, json!([{"method": "GET", "path": "*/users*", "status": 503}])).await;
    let variables = portal.deployed.variables_with("work-reconcile", &[("RECONCILE_AFTER_SECONDS", "0")]);
    let done = portal.run_with("work-reconcile", &variables, &json!({})).await;
    assert_eq!(done, Outcome::Response(Value::Null));
    portal
}

/// Returns the names after `prefix` in a query.
fn names(query: &str, prefix: &str) -> BTreeSet<String> {
    let words = query.split(|letter: char| !(letter.is_ascii_alphanumeric() || ['.', '_'].contains(&letter)));
    words.filter_map(|word| word.strip_prefix(prefix)).map(str::to_owned).collect()
}

/// Returns the texts in quotes in a query.
fn quoted(query: &str) -> Vec<&str> {
    query.split('"').skip(1).step_by(2).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_a_saved_query_is_logged() {
    let portal = all_kinds_of_lines().await;
    let lines = portal.running.values().flat_map(Function::lines);
    let lines: Vec<Value> = lines.filter_map(|line| serde_json::from_str(&line).ok()).collect();
    let mut by_message: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut of_calls = BTreeSet::new();
    for fields in lines.iter().filter_map(|line| line["fields"].as_object()) {
        let message = fields["message"].as_str().unwrap().to_owned();
        by_message.entry(message).or_default().extend(fields.keys().cloned());
        let calls = fields.get("vendor_calls").and_then(Value::as_str).unwrap_or("[]");
        let calls: Vec<BTreeMap<String, Value>> = serde_json::from_str(calls).unwrap();
        of_calls.extend(calls.into_iter().flatten().map(|(member, _)| member));
    }
    let template = Template::read().unwrap();
    for (id, query) in template.resources("AWS::Logs::QueryDefinition") {
        let query = text(query, "/Properties/QueryString");
        let messages: Vec<_> = quoted(query).into_iter().filter(|text| by_message.contains_key(*text)).collect();
        assert_eq!(
            query.contains("fields.message in") || query.contains("fields.message ="),
            !messages.is_empty(),
            "{id}"
        );
        let is_read = |message: &str| messages.is_empty() || messages.contains(&message);
        let logged = by_message.iter().filter(|(message, _)| is_read(message)).flat_map(|(_, fields)| fields);
        let missing: Vec<_> = names(query, "fields.").difference(&logged.cloned().collect()).cloned().collect();
        assert!(missing.is_empty(), "{id} reads {missing:?}, which no line has: {by_message:#?}");
        let missing: Vec<_> = names(query, "call.").difference(&of_calls).cloned().collect();
        assert!(missing.is_empty(), "{id} reads {missing:?}, which no call has: {of_calls:?}");
    }
    portal.end().await;
}
