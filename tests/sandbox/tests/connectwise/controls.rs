//! Limits, faults, and the other controls.

use jiff::SignedDuration;
use reqwest::Method;
use sandbox::clock::SandboxClock;
use sandbox::connectwise::{ConnectWiseSandbox, Settings};
use serde_json::json;

use super::{DEMO, Desk, done};

const LIST: &str = "/company/companies";

#[tokio::test]
async fn more_calls_in_a_minute_than_allowed_wait() {
    let desk = Desk::start().await;
    let (status, settings) = desk.control("/_sandbox/settings", json!({ "requestsPerMinute": 2 })).await;
    assert_eq!((status, &settings["requestsPerMinute"]), (200, &json!(2)));
    assert_eq!((desk.get(LIST).await.0, desk.get(LIST).await.0), (200, 200));
    desk.clock.advance(SignedDuration::from_secs(20));
    let answer = desk.send(DEMO, Method::GET, LIST, None).await;
    let seconds = answer.header("retry-after").unwrap().parse::<i64>().unwrap();
    assert!((35..=40).contains(&seconds), "{seconds}");
    let message = format!("Too many requests. Please try again in {seconds} seconds.");
    assert_eq!((answer.status, answer.body), (429, json!({ "error": "ConnectWiseAPI", "message": message })));
    desk.clock.advance(SignedDuration::from_secs(seconds));
    assert_eq!(desk.get(LIST).await.0, 200);

    assert_eq!(desk.control("/_sandbox/settings", json!({ "requestsPerMinute": null })).await.0, 200);
    assert_eq!((desk.get(LIST).await.0, desk.get(LIST).await.0), (200, 200));
    assert_eq!(desk.control("/_sandbox/settings", json!({ "perMinute": 2 })).await.0, 400);
    let shown = done(desk.bare(Method::GET, "/_sandbox/settings")).await;
    assert_eq!(shown.body["requestsPerMinute"], json!(null));
}

#[tokio::test]
async fn the_default_is_the_vendors_figure() {
    assert_eq!(Settings::default().requests_per_minute, Some(1000));
}

#[tokio::test]
async fn faults_before_and_after_the_work() {
    let desk = Desk::start().await;
    let rules = json!([
        { "method": "POST", "path": "/service/tickets", "times": 1, "drop": "after" },
        { "path": "/company/*", "times": 1, "status": 500, "body": { "code": "Timeout", "message": "timeout" } }
    ]);
    assert_eq!(desk.control("/_sandbox/faults", rules).await.0, 200);
    let ticket = json!({ "summary": "Backup failed", "company": { "id": 19 } }).to_string();
    let request = desk.request(DEMO, Method::POST, "/service/tickets").header("Content-Type", "application/json");
    request.body(ticket).send().await.unwrap_err();
    assert_eq!(desk.ids("/service/tickets", &[("conditions", "summary=\"Backup failed\"")]).await, [1021]);
    assert_eq!(done(desk.request(DEMO, Method::GET, LIST)).await.body["code"], "Timeout");
    assert_eq!(desk.get(LIST).await.0, 200);
    let calls = desk.sandbox.calls();
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(201), Some(200), Some(500), Some(200)]);
    assert!(calls[1].query.as_ref().unwrap().contains("Backup+failed"));
}

#[tokio::test]
async fn the_state_is_shown_and_reset_forgets() {
    let desk = Desk::start().await;
    desk.post("/procurement/categories", json!({ "name": "X" })).await;
    desk.post("/service/tickets/1001/configurations", json!({ "id": 301 })).await;
    desk.control("/_sandbox/settings", json!({ "searchLagReads": 3 })).await;
    let state = done(desk.bare(Method::GET, "/_sandbox/state")).await.body;
    assert_eq!(state["category"][3]["name"], "X");
    assert_eq!(state["attached"], json!({ "ticket": { "1001": [301] } }));
    assert_eq!((&state["settings"]["searchLagReads"], &state["calls"][1]["status"]), (&json!(3), &json!(201)));

    assert_eq!(desk.control("/_sandbox/reset", json!({})).await.0, 200);
    assert!(desk.sandbox.calls().is_empty());
    assert_eq!(desk.sandbox.settings(), Settings::default());
    let row = desk.created("/procurement/categories", json!({ "name": "X" })).await;
    assert_eq!((&row["id"], &desk.sandbox.state_json()["attached"]), (&json!(90), &json!({})));
}

#[tokio::test]
async fn a_directory_keeps_the_state() {
    let directory = std::env::temp_dir().join(format!("connectwise-sandbox-{}", std::process::id()));
    let open = || ConnectWiseSandbox::open(Some(&directory), SandboxClock::default()).unwrap();
    let desk = Desk::around(open(), SandboxClock::default()).await;
    desk.created("/procurement/categories", json!({ "name": "X" })).await;
    desk.post("/service/tickets/1001/configurations", json!({ "id": 301 })).await;
    let kept = open().state_json();
    std::fs::remove_dir_all(&directory).unwrap();
    for name in ["category", "attached", "ticket", "agreement"] {
        assert_eq!(kept[name], desk.sandbox.state_json()[name], "{name}");
    }
    assert_eq!(kept["category"][3]["id"], 90);
}
