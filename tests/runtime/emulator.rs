//! Runs each binary once under AWS's Runtime Interface Emulator. It is part of the package aws-sam-cli, which
//! `tests/scripts/emulator` installs. `LAMBDA_RIE` is its path.

use std::collections::BTreeMap;
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

use crate::actions::UNBOUNDED;
use crate::parity::stack;
use crate::processes::{
    ADDITIONS, CHECK, MONITOR, RECONCILER, REDRIVE, TICKETS, binary, variables, variables_of_check,
    variables_of_monitor, variables_of_redrive,
};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs AWS's emulator; run by tests/scripts/emulator"]
async fn every_function_runs_under_the_emulator_of_aws() {
    let stack = stack().await;
    let of_endpoints = variables(&stack, &stack.dynamodb_url);
    for endpoint in story().unwrap() {
        let event = event::of(endpoint).unwrap().to_string();
        let answer = emulated(&of_endpoints, &binary(endpoint), event).await;
        assert_eq!(answer["statusCode"], 200, "{}: {answer}", endpoint.path);
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body.get("Code").unwrap_or(&json!(0)), &json!(0), "{}: {body}", endpoint.path);
        println!("{}: 200 {:.80}", endpoint.name(), body.to_string());
    }
    let mut progress = Progress::with(&stack).unwrap();
    for step in portal::story().unwrap() {
        match step {
            Step::Ask(ask) => {
                let event =
                    progress.request(&ask).unwrap().to_event(&progress.event(ask.endpoint).unwrap()).to_string();
                let answer = emulated(&of_endpoints, &binary(ask.endpoint), event).await;
                assert_eq!(answer["statusCode"], 200, "{}: {answer}", ask.endpoint.path);
                progress.record(&ask, &serde_json::from_str(answer["body"].as_str().unwrap()).unwrap());
                println!("{}: 200", ask.endpoint.name());
            }
            Step::Stream(partition) => {
                let event = progress.written(partition).unwrap().to_string();
                let answer = emulated(&of_endpoints, ADDITIONS, event).await;
                assert_eq!(answer, json!({ "batchItemFailures": [] }), "{partition}");
            }
        }
    }
    let mut of_report = of_endpoints.clone();
    of_report.insert("REPORTERS_SECRET_ID", "reporters".to_owned());
    let nothing = signed(&json!({ "events": [] }), Timestamp::now().as_second(), REPORTER_KEY).unwrap();
    let event = nothing.to_event(&progress.event(&ENDPOINT).unwrap()).to_string();
    assert_eq!(emulated(&of_report, &binary(&ENDPOINT), event).await["statusCode"], 200, "{}", ENDPOINT.path);
    println!("{}: 200", ENDPOINT.name());
    let of_redrive = variables_of_redrive(&stack, &stack.dynamodb_url);
    let of_monitor = variables_of_monitor(&stack, &stack.dynamodb_url);
    let of_check = variables_of_check(&stack, &stack.dynamodb_url, UNBOUNDED);
    // The organization created in the portal.
    let sent = json!({ "sent": 1, "backlog": 0, "completed": true });
    let report = json!({ "synced": 0, "failed": [], "pending": [], "deadLettersProcessed": 0, "deadLettersKept": [] });
    for (name, binary, variables, expected) in [
        ("work-reconcile", RECONCILER, &of_endpoints, Value::Null),
        ("connectwise-additions", ADDITIONS, &of_endpoints, json!({ "batchItemFailures": [] })),
        ("connectwise-redrive", REDRIVE, &of_redrive, report),
        ("connectwise-tickets", TICKETS, &of_endpoints, json!({ "batchItemFailures": [] })),
        ("actions-monitor", MONITOR, &of_monitor, sent),
        ("actions-check", CHECK, &of_check, json!({ "batchItemFailures": [] })),
    ] {
        let event = std::fs::read_to_string(root().join("tests/events").join(name).with_extension("json")).unwrap();
        assert_eq!(emulated(variables, binary, event).await, expected, "{name}");
        println!("{name}: {expected}");
    }
}

/// Returns the response of `binary` to `event`, which is sent once the emulator listens.
async fn emulated(variables: &BTreeMap<&str, String>, binary: &str, event: String) -> Value {
    let [emulator, runtime] = [free_address(), free_address()];
    let Some(program) = std::env::var_os("LAMBDA_RIE") else { panic!("LAMBDA_RIE is not set") };
    let mut process = Command::new(program);
    process.args(["--runtime-interface-emulator-address", &emulator, "--runtime-api-address", &runtime]);
    process.args(["--log-level", "error", binary]).envs(variables);
    process.envs([("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "a")]);
    let _running = process.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let url = format!("http://{emulator}/2015-03-31/functions/function/invocations");
    let give_up = Instant::now() + Duration::from_secs(20);
    loop {
        match sandbox::http_client().unwrap().post(&url).body(event.clone()).send().await {
            Ok(response) => return response.json().await.unwrap(),
            Err(error) => assert!(error.is_connect() && Instant::now() < give_up, "{binary}: {error}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
