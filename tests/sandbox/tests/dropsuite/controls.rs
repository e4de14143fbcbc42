//! Faults, and the other controls.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use sandbox::call_log::Call;
use sandbox::clock::SandboxClock;
use sandbox::dropsuite::DropsuiteSandbox;
use sandbox::serve::serve;
use serde_json::json;
use tokio::net::TcpListener;

use super::{DEMO, OTHER, Vendor, acme};

#[tokio::test]
async fn drop_before_and_after_processing() {
    let vendor = Vendor::start().await;
    vendor
        .faults(json!([
            { "method": "POST", "path": "/users", "times": 1, "drop": "before" },
            { "method": "POST", "path": "/api/users", "after": 1, "times": 1, "drop": "after" }
        ]))
        .await;
    let create = || vendor.send(DEMO, Method::POST, "/api/users", Some(acme(1).to_string()));
    let exists = || !vendor.sandbox.state_json()["organizations"].as_array().unwrap().is_empty();
    create().await.unwrap_err();
    assert!(!exists());
    create().await.unwrap_err();
    assert!(exists());
    assert_eq!(create().await.unwrap().0, 422);
    let statuses: Vec<_> = vendor.sandbox.calls().into_iter().map(|call| call.status).collect();
    assert_eq!(statuses, [None, Some(201), Some(422)]);
}

#[tokio::test]
async fn statuses_instead_of_or_after_processing() {
    let vendor = Vendor::start().await;
    vendor
        .faults(json!([
            { "path": "/users", "times": 1, "status": 429, "headers": { "Retry-After": 2 } },
            { "path": "/users", "times": 1, "status": 503, "body": { "error": "late" }, "act": true }
        ]))
        .await;
    assert_eq!(vendor.post(DEMO, "/api/users", acme(1)).await, (429, json!("")));
    assert_eq!(vendor.post(DEMO, "/api/users", acme(1)).await, (503, json!({ "error": "late" })));
    assert_eq!(vendor.post(DEMO, "/api/users", acme(1)).await.0, 422);
    let (_, rules) = vendor.get(["", ""], "/_sandbox/faults").await;
    assert_eq!((&rules[0]["hits"], &rules[1]["hits"]), (&json!(1), &json!(1)));
    let (status, refusal) = vendor.post(["", ""], "/_sandbox/faults", json!([{ "path": "*", "dorp": "after" }])).await;
    assert_eq!(status, 400);
    assert!(refusal["error"].as_str().unwrap().contains("unknown field `dorp`"));
}

#[tokio::test]
async fn a_call_is_processed_after_the_client_disconnects() {
    let vendor = Vendor::start().await;
    vendor.faults(json!([{ "path": "/users", "delay_ms": 200 }])).await;
    let create = vendor.send(DEMO, Method::POST, "/api/users", Some(acme(1).to_string()));
    tokio::time::timeout(Duration::from_millis(100), create).await.unwrap_err();
    assert!(vendor.sandbox.calls().is_empty());
    let acted = async {
        while vendor.sandbox.calls().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), acted).await.unwrap();
    assert_eq!(vendor.sandbox.calls()[0].status, Some(StatusCode::CREATED.as_u16()));
}

#[tokio::test]
async fn the_control_creates_calls_are_listed_and_reset_clears() {
    let vendor = Vendor::start().await;
    let made = json!({ "email": "old@other.example", "organization_name": "Old", "partner": 2, "seats_used": 1 });
    let (status, row) = vendor.post(["", ""], "/_sandbox/organizations", made).await;
    assert_eq!((status, &row["plan_id"]), (201, &json!("20077-6-4101-14")));
    assert_eq!(vendor.customers(OTHER).await, json!([row]));
    vendor.get(["x", "x"], "/api/users?page=1").await;
    let (_, state) = vendor.get(["", ""], "/_sandbox/state").await;
    let calls: Vec<_> =
        state["calls"].as_array().unwrap().iter().map(|call| (&call["path"], &call["status"])).collect();
    assert_eq!(calls, [(&json!("/api/users"), &json!(200)), (&json!("/api/users"), &json!(401))]);
    assert_eq!(state["organizations"][0]["partner"], 2);
    assert_eq!(state["plans"].as_array().unwrap().len(), 13);

    vendor.faults(json!([{ "path": "*", "status": 500 }])).await;
    vendor.post(["", ""], "/_sandbox/reset", json!({})).await;
    assert_eq!(vendor.sandbox.calls(), Vec::<Call>::new());
    assert_eq!(vendor.customers(OTHER).await, json!([]));
    assert_eq!(vendor.created(1).await["id"], "440032-6");
}

#[tokio::test]
async fn a_directory_persists_the_state() {
    let directory = std::env::temp_dir().join(format!("dropsuite-sandbox-{}", std::process::id()));
    let open = || DropsuiteSandbox::open(Some(&directory), SandboxClock::default()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sandbox = open();
    let server = serve(listener, sandbox.router()).unwrap();
    let vendor = Vendor { sandbox, clock: SandboxClock::default(), server };
    vendor.created(1).await;
    let kept = open().state_json();
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!(kept["organizations"], vendor.sandbox.state_json()["organizations"]);
    assert_eq!(kept["organizations"][0]["id"], "440032-6");
}
