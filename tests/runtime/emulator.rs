//! Runs each binary once under AWS's Runtime Interface Emulator. It is part of the package aws-sam-cli, which
//! `tests/scripts/emulator` installs. `LAMBDA_RIE` is its path.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use conformance::event::{self, story};
use conformance::portal::{self, Progress, Step};
use conformance::report::signed;
use conformance::root;
use jiff::Timestamp;
use sandbox::stack::REPORTER_KEY;
use serde_json::{Value, json};
use service_manager::endpoints::actions::report::ENDPOINT;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::deployed::{Deployed, binary};

/// The id of a token that nothing was signed in with, in `tests/events`.
const NO_MSP: &str = "0f8fad5b-d9cb-869f-a165-70867728950e";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs AWS's emulator; run by tests/scripts/emulator"]
async fn every_function_runs_under_the_emulator_of_aws() {
    let deployed = Deployed::new().await;
    for endpoint in story().unwrap() {
        let event = event::of(endpoint).unwrap().to_string();
        let answer = emulated(&deployed, &endpoint.name(), event).await;
        assert_eq!(answer["statusCode"], 200, "{}: {answer}", endpoint.path);
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body.get("Code").unwrap_or(&json!(0)), &json!(0), "{}: {body}", endpoint.path);
        println!("{}: 200 {:.80}", endpoint.name(), body.to_string());
    }
    let mut progress = Progress::with(&deployed.stack).unwrap();
    for step in portal::story().unwrap() {
        match step {
            Step::Ask(ask) => {
                let event =
                    progress.request(&ask).unwrap().to_event(&progress.event(ask.endpoint).unwrap()).to_string();
                let answer = emulated(&deployed, &ask.endpoint.name(), event).await;
                assert_eq!(answer["statusCode"], 200, "{}: {answer}", ask.endpoint.path);
                progress.record(&ask, &event::content(answer["body"].as_str().unwrap())).unwrap();
                println!("{}: 200", ask.endpoint.name());
            }
            Step::Stream(partition) => {
                let event = progress.written(partition).unwrap().to_string();
                let answer = emulated(&deployed, "connectwise-additions", event).await;
                assert_eq!(answer, json!({ "batchItemFailures": [] }), "{partition}");
            }
        }
    }
    let nothing = signed(&json!({ "events": [] }), Timestamp::now().as_second(), REPORTER_KEY).unwrap();
    let event = nothing.to_event(&progress.event(&ENDPOINT).unwrap()).to_string();
    assert_eq!(emulated(&deployed, &ENDPOINT.name(), event).await["statusCode"], 200, "{}", ENDPOINT.path);
    println!("{}: 200", ENDPOINT.name());
    // The organization created in the portal.
    let sent = json!({ "sent": 1, "backlog": 0, "completed": true });
    let report = json!({ "synced": 0, "failed": [], "pending": [], "deadLettersProcessed": 0, "deadLettersKept": [] });
    for (name, expected) in [
        ("work-reconcile", Value::Null),
        ("connectwise-additions", json!({ "batchItemFailures": [] })),
        ("connectwise-redrive", report),
        ("connectwise-tickets", json!({ "batchItemFailures": [] })),
        ("actions-monitor", sent),
        ("actions-check", json!({ "batchItemFailures": [] })),
        ("connectwise-schedule", json!({ "started": 0, "resumed": 0, "overdue": 0, "digests": 0 })),
        ("connectwise-audit", json!({ "batchItemFailures": [] })),
        ("customers-move", nothing_moved()),
        ("tokens-replace", nothing_replaced()),
        ("teams-migrate", no_team()),
    ] {
        let event = std::fs::read_to_string(root().join("tests/events").join(name).with_extension("json")).unwrap();
        assert_eq!(emulated(&deployed, name, event).await, expected, "{name}");
        println!("{name}: {expected}");
    }
    deployed.assert_permitted();
}

/// Returns the report of `customers-move` for an account that is not recorded.
fn nothing_moved() -> Value {
    let reason = "The account is not recorded.";
    json!({
        "outcome": "refused", "dryRun": true, "to": NO_MSP, "reason": reason, "additions": [], "openTickets": 0,
    })
}

/// Returns the report of `tokens-replace` for tokens that nothing was signed in with.
fn nothing_replaced() -> Value {
    json!({
        "outcome": "refused", "dryRun": true, "msp": NO_MSP, "inForce": NO_MSP,
        "reasons": ["Nothing was signed in with the new token. The partner signs in to the portal with it first."],
        "keeps": { "items": {}, "additions": {}, "tickets": {} }, "discards": { "links": 0, "items": 0, "listed": [] },
    })
}

/// Returns the report of `teams-migrate` in a stack that sells Dropsuite.
fn no_team() -> Value {
    let reason = "This deployment sells Dropsuite, which has no call that moves a customer to another reseller. Have Dropsuite move it, then run customers-move.";
    json!({ "outcome": "refused", "dryRun": true, "reason": reason })
}

/// Returns the response of a function to `event`, which is sent once the emulator listens.
async fn emulated(deployed: &Deployed, function: &str, event: String) -> Value {
    let [emulator, runtime] = [free_address(), free_address()];
    let Some(program) = std::env::var_os("LAMBDA_RIE") else { panic!("LAMBDA_RIE is not set") };
    let mut process = Command::new(program);
    process.args(["--runtime-interface-emulator-address", &emulator, "--runtime-api-address", &runtime]);
    process.args(["--log-level", "error", &binary(function)]);
    process.envs(deployed.variables(function)).envs([("AWS_REGION", "eu-west-1"), ("AWS_SECRET_ACCESS_KEY", "a")]);
    let _running = process.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let url = format!("http://{emulator}/2015-03-31/functions/function/invocations");
    let give_up = Instant::now() + Duration::from_secs(20);
    loop {
        match sandbox::http_client().unwrap().post(&url).body(event.clone()).send().await {
            Ok(response) => return response.json().await.unwrap(),
            Err(error) => assert!(error.is_connect() && Instant::now() < give_up, "{function}: {error}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
