//! Limits, faults, and the other controls.

use jiff::SignedDuration;
use reqwest::Method;
use sandbox::clock::SandboxClock;
use sandbox::connectwise::{ConnectWiseSandbox, Settings};
use serde_json::json;

use super::{DEMO, Fixture, done};

const LIST: &str = "/company/companies";

#[tokio::test]
async fn calls_beyond_the_limit_per_minute_get_429() {
    let fixture = Fixture::start().await;
    let (status, settings) = fixture.control("/_sandbox/settings", json!({ "requestsPerMinute": 2 })).await;
    assert_eq!((status, &settings["requestsPerMinute"]), (200, &json!(2)));
    assert_eq!((fixture.get(LIST).await.0, fixture.get(LIST).await.0), (200, 200));
    fixture.clock.advance(SignedDuration::from_secs(20));
    let answer = fixture.send(DEMO, Method::GET, LIST, None).await;
    let seconds = answer.header("retry-after").unwrap().parse::<i64>().unwrap();
    assert!((35..=40).contains(&seconds), "{seconds}");
    let message = format!("Too many requests. Please try again in {seconds} seconds.");
    assert_eq!((answer.status, answer.body), (429, json!({ "error": "ConnectWiseAPI", "message": message })));
    fixture.clock.advance(SignedDuration::from_secs(seconds));
    assert_eq!(fixture.get(LIST).await.0, 200);

    assert_eq!(fixture.control("/_sandbox/settings", json!({ "requestsPerMinute": null })).await.0, 200);
    assert_eq!((fixture.get(LIST).await.0, fixture.get(LIST).await.0), (200, 200));
    assert_eq!(fixture.control("/_sandbox/settings", json!({ "perMinute": 2 })).await.0, 400);
    let shown = done(fixture.bare(Method::GET, "/_sandbox/settings")).await;
    assert_eq!(shown.body["requestsPerMinute"], json!(null));
}

#[tokio::test]
async fn the_default_is_the_vendors_figure() {
    assert_eq!(Settings::default().requests_per_minute, Some(1000));
}

#[tokio::test]
async fn faults_before_and_after_processing() {
    let fixture = Fixture::start().await;
    let rules = json!([
        { "method": "POST", "path": "/service/tickets", "times": 1, "drop": "after" },
        { "path": "/company/*", "times": 1, "status": 500, "body": { "code": "Timeout", "message": "timeout" } }
    ]);
    assert_eq!(fixture.control("/_sandbox/faults", rules).await.0, 200);
    let ticket = json!({ "summary": "Backup failed", "company": { "id": 19 } }).to_string();
    let request = fixture.request(DEMO, Method::POST, "/service/tickets").header("Content-Type", "application/json");
    request.body(ticket).send().await.unwrap_err();
    assert_eq!(fixture.ids("/service/tickets", &[("conditions", "summary=\"Backup failed\"")]).await, [1021]);
    assert_eq!(done(fixture.request(DEMO, Method::GET, LIST)).await.body["code"], "Timeout");
    assert_eq!(fixture.get(LIST).await.0, 200);
    let calls = fixture.sandbox.calls();
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(201), Some(200), Some(500), Some(200)]);
    assert!(calls[1].query.as_ref().unwrap().contains("Backup+failed"));
}

#[tokio::test]
async fn the_state_is_shown_and_reset() {
    let fixture = Fixture::start().await;
    fixture.post("/procurement/categories", json!({ "name": "X" })).await;
    fixture.post("/service/tickets/1001/configurations", json!({ "id": 301 })).await;
    fixture.control("/_sandbox/settings", json!({ "searchLagReads": 3 })).await;
    let state = done(fixture.bare(Method::GET, "/_sandbox/state")).await.body;
    assert_eq!(state["category"][3]["name"], "X");
    assert_eq!(state["attached"], json!({ "ticket": { "1001": [301] } }));
    assert_eq!((&state["settings"]["searchLagReads"], &state["calls"][1]["status"]), (&json!(3), &json!(201)));

    assert_eq!(fixture.control("/_sandbox/reset", json!({})).await.0, 200);
    assert!(fixture.sandbox.calls().is_empty());
    assert_eq!(fixture.sandbox.settings(), Settings::default());
    let row = fixture.created("/procurement/categories", json!({ "name": "X" })).await;
    assert_eq!((&row["id"], &fixture.sandbox.state_json()["attached"]), (&json!(90), &json!({})));
}

#[tokio::test]
async fn a_directory_persists_the_state() {
    let directory = std::env::temp_dir().join(format!("connectwise-sandbox-{}", std::process::id()));
    let open = || ConnectWiseSandbox::open(Some(&directory), SandboxClock::default()).unwrap();
    let fixture = Fixture::around(open(), SandboxClock::default()).await;
    fixture.created("/procurement/categories", json!({ "name": "X" })).await;
    fixture.post("/service/tickets/1001/configurations", json!({ "id": 301 })).await;
    let kept = open().state_json();
    std::fs::remove_dir_all(&directory).unwrap();
    for name in ["category", "attached", "ticket", "agreement"] {
        assert_eq!(kept[name], fixture.sandbox.state_json()[name], "{name}");
    }
    assert_eq!(kept["category"][3]["id"], 90);
}
