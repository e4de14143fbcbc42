//! Faults, and the other controls.

use reqwest::Method;
use sandbox::call_log::Call;
use sandbox::clock::SandboxClock;
use sandbox::dropbox::DropboxSandbox;
use serde_json::{Value, json};

use super::{DEMO, Vendor, acme, sent, skus, tag};

fn standard(number: u32) -> Value {
    acme(number, skus(&[("TEAM-ST3L5TVD1Y", 1)]))
}

#[tokio::test]
async fn drop_before_and_after_processing() {
    let vendor = Vendor::start().await;
    let rules = json!([
        { "path": "/resellers/team/create", "times": 1, "drop": "before" },
        { "method": "POST", "path": "/2/resellers/*/create", "after": 1, "times": 1, "drop": "after" }
    ]);
    assert_eq!(vendor.control(Method::POST, "faults", rules).await.0, 200);
    let create = || {
        let request = vendor.request(Method::POST, "/2/resellers/team/create").json(&standard(1));
        sent(request.basic_auth(DEMO.user, Some(DEMO.password)))
    };
    let teams = || vendor.sandbox.state_json()["teams"].as_array().unwrap().len();
    create().await.unwrap_err();
    assert_eq!(teams(), 0);
    create().await.unwrap_err();
    assert_eq!(teams(), 1);
    let (status, answer) = create().await.unwrap();
    assert_eq!((status, tag(&answer).as_str()), (409, "user_on_another_team"));
    let statuses: Vec<_> = vendor.sandbox.calls().into_iter().map(|call| call.status).collect();
    assert_eq!(statuses, [None, Some(200), Some(409)]);
}

#[tokio::test]
async fn statuses_instead_of_or_after_processing() {
    let vendor = Vendor::start().await;
    let rules = json!([
        { "path": "/resellers/*", "times": 1, "status": 429, "headers": { "Retry-After": 2 } },
        { "path": "/resellers/*", "times": 1, "status": 503, "body": "late", "act": true }
    ]);
    vendor.control(Method::POST, "faults", rules).await;
    assert_eq!(vendor.ask(DEMO, "create", standard(1)).await, (429, json!("")));
    assert_eq!(vendor.ask(DEMO, "create", standard(1)).await, (503, json!("late")));
    assert_eq!(vendor.tag("create", standard(1)).await, "user_on_another_team");
    let hits: Vec<_> = vendor.sandbox.faults().counted().iter().map(|rule| rule.hits).collect();
    assert_eq!(hits, [1, 1]);
}

#[tokio::test]
async fn the_clock_advances_calls_are_listed_and_reset_clears() {
    let vendor = Vendor::start().await;
    let team = vendor.done("create", standard(1)).await;
    vendor.control(Method::POST, "clock", json!({ "advance_seconds": 14 * 24 * 60 * 60 })).await;
    assert_eq!(vendor.tag("cancel", super::of(&team)).await, "not_in_grace_period");
    assert_eq!(vendor.control(Method::POST, "clock", json!({ "seconds": 1 })).await.0, 400);
    let (_, state) = vendor.control(Method::GET, "state", Value::Null).await;
    let calls = state["calls"].as_array().unwrap().iter().map(|call| (&call["path"], &call["status"]));
    let [create, cancel] = ["create", "cancel"].map(|action| json!(format!("/2/resellers/team/{action}")));
    assert_eq!(calls.collect::<Vec<_>>(), [(&create, &json!(200)), (&cancel, &json!(409))]);
    assert_eq!((&state["teams"][0]["id"], &state["teams"][0]["partner"]), (&team["id"], &json!(1)));

    vendor.control(Method::POST, "faults", json!([{ "path": "*", "status": 500 }])).await;
    vendor.control(Method::POST, "reset", json!({})).await;
    assert_eq!(vendor.sandbox.calls(), Vec::<Call>::new());
    assert_eq!(vendor.done("create", standard(1)).await["id"], team["id"]);
}

#[tokio::test]
async fn a_directory_persists_the_state() {
    let directory = std::env::temp_dir().join(format!("dropbox-sandbox-{}", std::process::id()));
    let open = || DropboxSandbox::open(Some(&directory), SandboxClock::default()).unwrap();
    let vendor = Vendor::serving(open(), SandboxClock::default()).await;
    vendor.done("create", standard(1)).await;
    let kept = open().state_json();
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!(kept["teams"], vendor.sandbox.state_json()["teams"]);
    assert_eq!(kept["teams"][0]["invite_admin"], "admin1@acme.example");
}
