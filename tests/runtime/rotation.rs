//! Two keys of an installation are valid at once, so that a key is replaced without refusing orders.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::event;
use conformance::runtime_api::Function;
use sandbox::serve::{Server, serve};
use sandbox::stack::APPLICATION_ID;
use serde_json::{Value, json};
use service_manager::endpoints::BSS_ENDPOINTS;
use tokio::net::TcpListener;

use crate::parity::{invoked, stack};
use crate::processes::{start, variables};

/// Serves a Secrets Manager that has this secret.
async fn secrets_manager(secret: Value) -> (Server, String) {
    let answer = json!({ "SecretString": secret.to_string() }).to_string();
    let router = Router::new().route("/", post(async |State(answer): State<String>| answer)).with_state(answer);
    let server = serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), router).unwrap();
    let url = format!("http://{}", server.address());
    (server, url)
}

/// Returns the status, the code and the logged number of the key of a call with each of `keys`.
async fn called(secret: Value, keys: &[&str]) -> Vec<(Value, Value, Value)> {
    let stack = stack().await;
    let (_server, url) = secrets_manager(secret).await;
    let mut variables = variables(&stack, &stack.dynamodb_url);
    variables.insert("AWS_ENDPOINT_URL_SECRETS_MANAGER", url);
    let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == "fields/get").unwrap();
    let mut function = start(endpoint, variables).await;
    let mut answers = Vec::new();
    for key in keys {
        let mut event = event::of(endpoint).unwrap();
        event["headers"]["x-cloudplatform-apikey"] = json!(STANDARD.encode(key));
        let answer = invoked(&mut function, &event).await;
        answers.push((answer["status"].clone(), answer["body"].get("Code").cloned().unwrap_or(json!(0))));
    }
    assert!(function.terminate().await.unwrap().success());
    let printed = function.lines().join("\n");
    assert!(!keys.iter().any(|key| printed.contains(key)), "{printed}");
    let numbers = key_numbers(&function);
    answers.into_iter().zip(numbers).map(|((status, code), number)| (status, code, number)).collect()
}

fn key_numbers(function: &Function) -> Vec<Value> {
    let lines = function.lines();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["fields"]["message"] == "request")
        .map(|line| line["fields"]["key_number"].clone())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_and_the_new_one_are_accepted_at_once() {
    let keys = ["the new key", "the old key", "another key"];
    let accepted = |number: u32| (json!(200), json!(0), json!(number));
    let refused = (json!(401), json!(-401), Value::Null);
    let both = called(json!({ APPLICATION_ID: ["the new key", "the old key"] }), &keys).await;
    assert_eq!(both, [accepted(1), accepted(2), refused.clone()]);
    let new = called(json!({ APPLICATION_ID: ["the new key"] }), &keys).await;
    assert_eq!(new, [accepted(1), refused.clone(), refused.clone()]);
    let old = called(json!({ APPLICATION_ID: "the old key" }), &keys).await;
    assert_eq!(old, [refused.clone(), accepted(1), refused]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_another_form_is_the_operators_error() {
    let three =
        called(json!({ APPLICATION_ID: ["a first key", "a second key", "a third key"] }), &["a first key"]).await;
    assert_eq!(three, [(json!(503), json!(-503), Value::Null)]);
}
