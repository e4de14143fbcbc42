//! Events that no well-behaved client sends: what an unauthenticated caller puts into them must not fail the function.

use conformance::event::{self, merge};
use conformance::portal::{Ask, Progress};
use conformance::report::signed;
use sandbox::faults::Rule;
use sandbox::stack::{API_KEY, REPORTER_KEY};
use serde_json::{Value, json};
use service_manager::endpoints::actions::report;
use service_manager::endpoints::{BSS_ENDPOINTS, Endpoint, portal};

use crate::deployed::{Deployed, start};
use crate::parity::invoked;

fn bss(path: &str) -> &'static Endpoint {
    BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == path).unwrap()
}

/// Returns changes of an event that a caller can cause, each with a name.
fn junk() -> Vec<(&'static str, Value)> {
    let header = |name: &str, value: &str| json!({ "headers": { name: value } });
    vec![
        ("x-forwarded-proto", header("x-forwarded-proto", "ht tp://[")),
        ("host", header("host", "]not a host{ ^")),
        ("a header name", header("not a name", "x")),
        ("a header value", header("x-cloudplatform-trackid", "a\r\nb\u{0}")),
        ("a raw space in the query", json!({ "rawQueryString": "a=b c" })),
        ("quotes in the query", json!({ "rawQueryString": "a=\"b\"<>`\u{7f}\u{fffd}" })),
        ("a query of 70 kB", json!({ "rawQueryString": format!("a={}", "b".repeat(70_000)) })),
        ("invalid base64", json!({ "body": "{\"ID\": 1}", "isBase64Encoded": true })),
        ("no base64 text", json!({ "body": 7, "isBase64Encoded": true })),
        ("another method", json!({ "requestContext": { "http": { "method": "G E T" } } })),
        ("cookies", json!({ "cookies": ["a\u{0}"], "queryStringParameters": { "a": 1 } })),
    ]
}

/// Returns `event` with the changes, and the headers of both.
fn changed(event: &Value, changes: &Value) -> Value {
    let mut headers = event["headers"].clone();
    headers.as_object_mut().unwrap().extend(changes["headers"].as_object().cloned().unwrap_or_default());
    let mut event = event.clone();
    merge(&mut event, changes.clone());
    event["headers"] = headers;
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn junk_is_answered_in_the_form_of_the_api() {
    let deployed = Deployed::new().await;
    let stack = &deployed.stack;
    let progress = Progress::with(stack).unwrap();
    let ask = |endpoint, body| {
        let request = progress.request(&Ask { endpoint, query: "", body }).unwrap();
        request.to_event(&progress.event(endpoint).unwrap())
    };
    let report = signed(&json!({ "events": [] }), stack.clock.now().as_second(), REPORTER_KEY).unwrap();
    let report = report.to_event(&progress.event(&report::ENDPOINT).unwrap());
    let get = event::of(bss("fields/get")).unwrap();
    let post = event::of(bss("accounts/synchronize")).unwrap();
    let events: [(&Endpoint, Value); 5] = [
        (bss("fields/get"), get),
        (bss("accounts/synchronize"), post),
        (&portal::session::create::ENDPOINT, ask(&portal::session::create::ENDPOINT, Some(json!({})))),
        (&portal::plans::list::ENDPOINT, ask(&portal::plans::list::ENDPOINT, None)),
        (&report::ENDPOINT, report),
    ];
    let mut answers = 0;
    for (endpoint, event) in events {
        let mut function = deployed.start(endpoint).await;
        let is_bss = endpoint.registration_entry().is_some();
        let [code, message] = if is_bss { ["Code", "Message"] } else { ["code", "message"] };
        for is_authorized in [true, false] {
            for (name, changes) in junk() {
                let mut event = changed(&event, &changes);
                if !is_authorized {
                    let strange = |name: &str| name.starts_with("x-cloudplatform-api") || name == "x-signature";
                    event["headers"].as_object_mut().unwrap().retain(|name, _| !strange(name));
                }
                let got = invoked(&mut function, &event).await;
                let status = got["status"].as_u64().unwrap();
                assert!((200..500).contains(&status), "{endpoint:?} {name}: {got}");
                if status != 200 {
                    assert!(got["body"][code].as_i64().unwrap() < 0, "{endpoint:?} {name}: {got}");
                    assert!(got["body"][message].as_str().unwrap().len() > 15, "{endpoint:?} {name}: {got}");
                }
                if is_bss && !is_authorized && name != "another method" {
                    assert_eq!(got["body"]["Code"], -401, "{endpoint:?} {name}: {got}");
                }
                answers += 1;
            }
        }
        if endpoint.path == "accounts/synchronize" {
            let invalid = changed(&event, &json!({ "body": "{}", "isBase64Encoded": true }));
            assert_eq!(invoked(&mut function, &invalid).await["body"]["Code"], -400);
            assert_eq!(invoked(&mut function, &event).await["body"]["Code"], 0, "the next event is served");
        }
        let wrong = changed(&event, &json!({ "rawPath": format!("{}/more", endpoint.url()) }));
        let got = invoked(&mut function, &wrong).await;
        assert_eq!((&got["status"], &got["body"][code]), (&json!(404), &json!(-404)), "{got}");
    }
    println!("{answers} events of junk, none failed a function");
    deployed.assert_permitted();
}

/// Sends a request whose token the vendor quotes, to a function that logs all it can.
async fn lines_at_trace(deployed: &Deployed, body: &str) -> (Value, Vec<String>) {
    let rule = json!([{ "path": "*", "status": 422, "body": body }]);
    let rules: Vec<Rule> = serde_json::from_value(rule).unwrap();
    deployed.stack.dropsuite.faults().set(rules);
    let endpoint = bss("accounts/synchronize");
    let all = "trace,hyper=trace,lambda_runtime=trace,aws_smithy_runtime=trace";
    let levels = [("AWS_LAMBDA_LOG_LEVEL", "TRACE"), ("RUST_LOG", all)];
    let mut function = start(&endpoint.name(), &deployed.variables_with(&endpoint.name(), &levels)).await;
    let answer = invoked(&mut function, &event::of(endpoint).unwrap()).await;
    assert!(function.terminate().await.unwrap().success());
    function.ended().await.unwrap();
    (answer, function.lines())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_level_of_the_log_shows_a_credential() {
    let deployed = Deployed::new().await;
    let tokens = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];
    let quoted = json!({ "message": format!("No access for {} and {}", tokens[0], tokens[1]) }).to_string();
    let (answer, lines) = lines_at_trace(&deployed, &quoted).await;
    assert!(answer["body"]["Message"].as_str().unwrap().contains("[redacted]"), "{answer}");
    assert!(lines.iter().any(|line| line.contains("[redacted]")), "{lines:?}");
    for secret in tokens.into_iter().chain([API_KEY, "bG9jYWwtZGVtby1rZXk"]) {
        assert!(!answer.to_string().contains(secret), "{answer}");
        assert!(!lines.iter().any(|line| line.contains(secret)), "{secret} in {lines:?}");
    }
}
