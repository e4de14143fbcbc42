//! Each binary once under AWS's own Runtime Interface Emulator. It is part of the package aws-sam-cli, which
//! `tests/scripts/emulator` installs: `LAMBDA_RIE` is where it is.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use conformance::event::{self, story};
use conformance::root;
use sandbox::stack::Stack;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::processes::{RECONCILER, binary, variables};
use crate::twins::stack;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs AWS's emulator; run by tests/scripts/emulator"]
async fn every_function_answers_under_the_emulator_of_aws() {
    let stack = stack().await;
    for endpoint in story().unwrap() {
        let event = event::of(endpoint).unwrap().to_string();
        let answer = emulated(&stack, binary(endpoint), event).await;
        assert_eq!(answer["statusCode"], 200, "{}: {answer}", endpoint.path);
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body.get("Code").unwrap_or(&json!(0)), &json!(0), "{}: {body}", endpoint.path);
        println!("{}: 200 {:.80}", endpoint.name(), body.to_string());
    }
    let event = std::fs::read_to_string(root().join("tests/events/work-reconcile.json")).unwrap();
    assert_eq!(emulated(&stack, RECONCILER, event).await, Value::Null);
    println!("work-reconcile: null");
}

/// What `binary` answers to `event`, sent once the emulator listens.
async fn emulated(stack: &Stack, binary: &str, event: String) -> Value {
    let [emulator, runtime] = [free_address(), free_address()];
    let Some(program) = std::env::var_os("LAMBDA_RIE") else { panic!("LAMBDA_RIE is not set") };
    let mut process = Command::new(program);
    process.args(["--runtime-interface-emulator-address", &emulator, "--runtime-api-address", &runtime]);
    process.args(["--log-level", "error", binary]).envs(variables(stack, &stack.dynamodb_url));
    process.envs([("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "a")]);
    let _running = process.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let url = format!("http://{emulator}/2015-03-31/functions/function/invocations");
    let give_up = Instant::now() + Duration::from_secs(20);
    loop {
        match reqwest::Client::new().post(&url).body(event.clone()).send().await {
            Ok(response) => return response.json().await.unwrap(),
            Err(error) => assert!(error.is_connect() && Instant::now() < give_up, "{binary}: {error}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
