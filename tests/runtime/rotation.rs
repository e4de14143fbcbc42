//! Two keys of an installation are valid at once, so that a key is replaced without refusing orders.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conformance::event;
use sandbox::serve::{Server, serve};
use sandbox::stack::APPLICATION_ID;
use serde_json::{Value, json};
use service_manager::endpoints::BSS_ENDPOINTS;
use tokio::net::TcpListener;

use crate::deployed::{Deployed, start};
use crate::parity::invoked;

/// The ARN by which the deployed functions name the secret.
const APPLICATIONS: &str = "arn:aws:secretsmanager:eu-west-1:000000000000:secret:applications-a1B2c3";

/// Serves a Secrets Manager that has this secret.
async fn secrets_manager(secret: Value) -> (Server, String) {
    let answer = json!({ "SecretString": secret.to_string() }).to_string();
    let router = Router::new().route("/", post(async |State(answer): State<String>| answer)).with_state(answer);
    let server = serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), router).unwrap();
    let url = format!("http://{}", server.address());
    (server, url)
}

/// Returns the status, the code and the logged number of the key of a call with each of `keys`, and what the function logged.
async fn called(secret: Value, keys: &[&str]) -> (Vec<(Value, Value, Value)>, Vec<Value>) {
    let deployed = Deployed::new().await;
    let (_server, url) = secrets_manager(secret).await;
    let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == "fields/get").unwrap();
    let variables = deployed.variables_with(&endpoint.name(), &[("AWS_ENDPOINT_URL_SECRETS_MANAGER", url.as_str())]);
    let mut function = start(&endpoint.name(), &variables).await;
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
    let lines: Vec<Value> = function.lines().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let requests = lines.iter().filter(|line| line["fields"]["message"] == "request");
    let numbers = requests.map(|line| line["fields"]["key_number"].clone());
    (answers.into_iter().zip(numbers).map(|((status, code), number)| (status, code, number)).collect(), lines)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_key_and_the_new_one_are_accepted_at_once() {
    let keys = ["the new key", "the old key", "another key"];
    let accepted = |number: u32| (json!(200), json!(0), json!(number));
    let refused = (json!(401), json!(-401), Value::Null);
    let (both, _) = called(json!({ APPLICATION_ID: ["the new key", "the old key"] }), &keys).await;
    assert_eq!(both, [accepted(1), accepted(2), refused.clone()]);
    let (new, _) = called(json!({ APPLICATION_ID: ["the new key"] }), &keys).await;
    assert_eq!(new, [accepted(1), refused.clone(), refused.clone()]);
    let (old, _) = called(json!({ APPLICATION_ID: "the old key" }), &keys).await;
    assert_eq!(old, [refused.clone(), accepted(1), refused]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_no_map_is_the_operators_error() {
    let (answers, _) = called(json!(["a first key"]), &["a first key"]).await;
    assert_eq!(answers, [(json!(503), json!(-503), Value::Null)]);
}

/// One installation's malformed entry, in each of the ways, stops that installation only. The log and the metric say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_entry_refuses_its_own_installation_only() {
    const OTHER_ID: &str = "b1a7c0de-0000-4000-8000-000000000002";
    let three = json!(["a first key", "a second key", "a third key"]);
    let keys = ["a first key", "a second key", "a third key"];
    let (answers, lines) = called(json!({ APPLICATION_ID: three, "a key as an id": "x", OTHER_ID: "k" }), &keys).await;
    let refused = (json!(401), json!(-401), Value::Null);
    assert_eq!(answers, [refused.clone(), refused.clone(), refused]);
    let logged = lines.iter().find(|line| line["fields"]["message"] == "malformed entries of a secret").unwrap();
    let fields = &logged["fields"];
    assert_eq!(
        (&logged["level"], &fields["secret"], &fields["ids"], &fields["without_id"]),
        (&json!("ERROR"), &json!(APPLICATIONS), &json!(APPLICATION_ID.to_lowercase()), &json!(1))
    );
    assert!(lines.iter().any(|line| line["KeysMalformed"] == 2), "{lines:?}");
    assert!(!lines.iter().any(|line| line.to_string().contains("a key as an id")));

    let secret = json!({ APPLICATION_ID: "a good key", OTHER_ID: three });
    let (answers, _) = called(secret, &["a good key", "a first key"]).await;
    assert_eq!(answers, [(json!(200), json!(0), json!(1)), (json!(401), json!(-401), Value::Null)]);
}

/// The BSS registers the application anew. Its new id replaces the old one, so the records stay its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_application_id_has_the_records_of_the_one_that_it_replaces() {
    const NEW_ID: &str = "b1a7c0de-0000-4000-8000-00000000000e";
    const STRANGER: &str = "b1a7c0de-0000-4000-8000-00000000000f";
    let deployed = Deployed::new().await;
    let secret = json!({
        APPLICATION_ID: "the old key",
        NEW_ID: { "key": ["the new key", "a newer key"], "replaces": APPLICATION_ID },
        STRANGER: "a stranger's key",
    });
    let (_server, url) = secrets_manager(secret).await;
    for (path, id, key, code, application) in [
        ("accounts/synchronize", APPLICATION_ID, "the old key", 0, APPLICATION_ID),
        ("subscriptions/create", STRANGER, "a stranger's key", -1007, STRANGER),
        ("subscriptions/create", NEW_ID, "the old key", -401, ""),
        ("subscriptions/create", NEW_ID, "a newer key", 0, APPLICATION_ID),
        ("subscriptions/update", APPLICATION_ID, "the old key", 0, APPLICATION_ID),
    ] {
        let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == path).unwrap();
        let variables =
            deployed.variables_with(&endpoint.name(), &[("AWS_ENDPOINT_URL_SECRETS_MANAGER", url.as_str())]);
        let mut function = start(&endpoint.name(), &variables).await;
        let mut event = event::of(endpoint).unwrap();
        event["headers"]["x-cloudplatform-applicationid"] = json!(id);
        event["headers"]["x-cloudplatform-apikey"] = json!(STANDARD.encode(key));
        let answer = invoked(&mut function, &event).await;
        assert_eq!(answer["body"]["Code"], json!(code), "{path} by {id}: {answer}");
        assert!(function.terminate().await.unwrap().success());
        let lines: Vec<Value> = function.lines().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let logged = lines.iter().find(|line| line["fields"]["message"] == "request").unwrap();
        let logged = logged["fields"]["application"].as_str().unwrap_or_default();
        assert_eq!(logged, application.to_lowercase(), "{path} by {id}");
    }
}
