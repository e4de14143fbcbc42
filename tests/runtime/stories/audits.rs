//! Audits: an addition that a person changed is found, set right and found no more; an audit that takes longer than its time;
//! and seats that follow the use.

use std::time::Duration;

use conformance::runtime_api::Outcome;
use reqwest::Method;
use sandbox::stack::CLIENT_ID;
use serde_json::{Value, json};

use super::{SCHEDULE, fail, run, store_fails};
use crate::actions::{AUDITS, deleted, event, received};
use crate::connectwise::ask;
use crate::portal::Portal;

const AUDIT: &str = "connectwise-audit";

/// Delivers a batch of the queue of audits. Messages that are reported stay in the queue.
pub async fn audits(portal: &mut Portal) {
    let records = received(&portal.deployed, AUDITS).await;
    if records.is_empty() {
        return;
    }
    let variables = portal.deployed.variables_with(AUDIT, &[("CONNECTWISE_REQUESTS_PER_MINUTE", "60000")]);
    let outcome = portal.run_with(AUDIT, &variables, &json!({ "Records": records })).await;
    let failed: Vec<_> = match &outcome {
        Outcome::Response(answer) => answer["batchItemFailures"].as_array().into_iter().flatten().collect(),
        Outcome::Error(_) => return,
    };
    let is_done = |record: &&Value| failed.iter().all(|failed| failed["itemIdentifier"] != record["messageId"]);
    let done: Vec<_> = records.iter().filter(is_done).cloned().collect();
    deleted(&portal.deployed, AUDITS, &done).await;
}

/// The schedule starts the first audit of the MSP, once the table answers.
pub async fn first_audit(portal: &mut Portal) {
    store_fails(&portal.deployed.stack, &json!({}));
    run(portal, SCHEDULE, &event(SCHEDULE)).await;
    portal.deployed.stack.dynamodb.faults().clear();
    run(portal, SCHEDULE, &event(SCHEDULE)).await;
    audits(portal).await;
}

/// The addition of the company that the portal sold to drifts, and so does the use of its seats.
pub async fn drifted(portal: &mut Portal) {
    // The audit of the story.
    audits(portal).await;
    let sold = portal.ask(&ask("portal/links/list", None)).await["body"]["links"].clone();
    let sold = sold.as_array().unwrap().iter().find(|link| link["company"] == 20).unwrap().clone();
    let link = json!({
        "organization": sold["organization"], "company": 20, "agreement": 104, "billedSeats": "used",
    });
    for apply in ["ask", "automatically"] {
        let settings = portal.ask(&ask("portal/audit/settings", Some(json!({ "apply": apply })))).await;
        assert_eq!(settings["status"], 200, "{settings}");
        if apply == "ask" {
            recreated(portal).await;
        }
        edit(portal).await;
        let id = json!([audited(portal).await["findings"][0]["id"]]);
        if apply == "ask" {
            for (path, body) in [
                ("portal/audit/dismiss", json!({ "findings": id, "note": "as agreed" })),
                ("portal/audit/dismiss", json!({ "findings": id, "restore": true })),
                ("portal/audit/apply", json!({ "findings": id })),
            ] {
                let done = portal.ask(&ask(path, Some(body))).await;
                assert_eq!(done["status"], 200, "{path}: {done}");
            }
        }
    }
    assert_eq!(portal.ask(&ask("portal/links/create", Some(link.clone()))).await["status"], 200);
    audited(portal).await;
    // It takes longer than its time, and goes on with another message.
    started(portal).await;
    portal.running(AUDIT).limit_time(Duration::from_secs(10));
    let delay = json!([{ "path": "*/finance/agreements/*/additions", "times": 2, "delay_ms": 2700 }]);
    fail(&portal.deployed.stack, &delay);
    audits(portal).await;
    portal.running(AUDIT).limit_time(Duration::from_secs(29));
    fail(&portal.deployed.stack, &json!([]));
    audits(portal).await;
    // Another agreement is to bill it, and then the same one again, before an addition follows.
    let mut moved = link.clone();
    moved["agreement"] = json!(105);
    for link in [&moved, &link] {
        assert_eq!(portal.ask(&ask("portal/links/create", Some(link.clone()))).await["status"], 200);
    }
    // It is linked anew with many others.
    let ended = json!({ "application": sold["application"], "account": sold["account"] });
    assert_eq!(portal.ask(&ask("portal/links/delete", Some(ended))).await["status"], 200);
    let suggested = portal.ask(&ask("portal/links/suggestions", None)).await;
    let row = suggested["body"]["organizations"].as_array().unwrap();
    let row = row.iter().find(|row| row["organization"] == sold["organization"]);
    assert_eq!(row.map(|row| &row["account"]), Some(&sold["account"]), "{suggested}");
    let bulk = portal.ask(&ask("portal/links/bulk", Some(json!({ "links": [link] })))).await;
    assert_eq!(bulk["body"]["results"][0]["outcome"], "linked", "{bulk}");
}

/// A person deletes the addition, and the fix of the finding creates it again.
async fn recreated(portal: &mut Portal) {
    let id = open_addition(portal)["id"].clone();
    as_person(portal, Method::DELETE, &id, &json!({})).await;
    let page = audited(portal).await;
    let finding = page["findings"].as_array().unwrap().iter().find(|found| found["fix"] == "recreate").cloned();
    let findings = json!([finding.unwrap()["id"]]);
    let applied = portal.ask(&ask("portal/audit/apply", Some(json!({ "findings": findings })))).await;
    assert_eq!(applied["body"]["results"][0]["outcome"], "done", "{applied}");
    assert_ne!(open_addition(portal)["id"], id);
}

async fn started(portal: &mut Portal) {
    let started = portal.ask(&ask("portal/audit/run", Some(json!({})))).await;
    assert_eq!(started["status"], 200, "{started}");
}

async fn audited(portal: &mut Portal) -> Value {
    started(portal).await;
    audits(portal).await;
    let page = portal.ask(&ask("portal/audit/list", None)).await["body"].clone();
    assert_eq!(page["audit"]["state"], "complete", "{page}");
    page
}

/// A person changes the quantity of the addition.
async fn edit(portal: &Portal) {
    let patch = json!([{ "op": "replace", "path": "quantity", "value": 77 }]);
    as_person(portal, Method::PATCH, &open_addition(portal)["id"], &patch).await;
}

/// Returns the open addition of the company that the portal sold to.
fn open_addition(portal: &Portal) -> Value {
    let additions = portal.deployed.stack.connectwise.state_json()["addition"].as_array().unwrap().clone();
    let open = |row: &&Value| row["agreementId"] == 104 && row["cancelledDate"].is_null() && row["id"] != 401;
    additions.iter().rfind(open).unwrap().clone()
}

/// Sends a request for an addition to ConnectWise as a person.
async fn as_person(portal: &Portal, method: Method, id: &Value, body: &Value) {
    let url = format!("{}/finance/agreements/104/additions/{id}", portal.deployed.stack.connectwise_url);
    let request = sandbox::http_client().unwrap().request(method, url);
    let request = request.basic_auth("demo+pub-admin", Some("priv-admin")).header("clientId", CLIENT_ID);
    assert!(request.json(body).send().await.unwrap().status().is_success());
}
