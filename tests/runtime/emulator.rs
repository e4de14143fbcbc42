//! Each binary once under AWS's own Runtime Interface Emulator. It is part of the package aws-sam-cli, which
//! `tests/scripts/emulator` installs: `LAMBDA_RIE` is where it is.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use conformance::event::story;
use serde_json::{Value, json};
use service_manager::endpoints::Endpoint;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::processes::{binary, variables};
use crate::twins::stack;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs AWS's emulator; run by tests/scripts/emulator"]
async fn every_function_answers_under_the_emulator_of_aws() {
    let stack = stack().await;
    let variables = variables(&stack, &stack.dynamodb_url);
    for endpoint in story().unwrap() {
        let [emulator, runtime] = [free_address(), free_address()];
        let mut process = Command::new(std::env::var_os("LAMBDA_RIE").expect("LAMBDA_RIE is not set"));
        process.args(["--runtime-interface-emulator-address", &emulator, "--runtime-api-address", &runtime]);
        process.args(["--log-level", "error", binary(endpoint)]).envs(&variables);
        let credentials = [("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "a")];
        let _running =
            process.envs(credentials).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let answer = invoke(endpoint, &emulator).await;
        assert_eq!(answer["statusCode"], 200, "{}: {answer}", endpoint.path);
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body.get("Code").unwrap_or(&json!(0)), &json!(0), "{}: {body}", endpoint.path);
        println!("{}: 200 {:.80}", endpoint.name(), body.to_string());
    }
}

/// Sends the event of the endpoint's file, once the emulator listens.
async fn invoke(endpoint: &Endpoint, emulator: &str) -> Value {
    let url = format!("http://{emulator}/2015-03-31/functions/function/invocations");
    let event = conformance::event::of(endpoint).unwrap();
    let give_up = Instant::now() + Duration::from_secs(20);
    loop {
        match reqwest::Client::new().post(&url).body(event.to_string()).send().await {
            Ok(response) => return response.json().await.unwrap(),
            Err(error) => assert!(error.is_connect() && Instant::now() < give_up, "{}: {error}", endpoint.path),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
