//! Compares binaries and gateway, request by request.

use conformance::event::{self, Request, story};
use conformance::portal::without_reference;
use conformance::runtime_api::{Function, Outcome};
use reqwest::Client;
use sandbox::stack::{API_KEY, Stack};
use serde_json::{Value, json};
use service_manager::endpoints::BSS_ENDPOINTS;
use service_manager::vendor::VendorName;

use crate::cases;
use crate::deployed::{Deployed, stack};

#[tokio::test(flavor = "multi_thread")]
async fn every_function_responds_like_the_local_stack() {
    let (served, lent) = (stack(VendorName::Dropsuite).await, Deployed::new().await);
    let client = sandbox::http_client().unwrap();
    let mut answers = 0;
    for endpoint in story().unwrap() {
        let name = endpoint.name();
        let mut function = lent.start(endpoint).await;
        let cases = cases::of(endpoint);
        for case in &cases {
            let expected = asked(&client, &served, &case.request).await;
            let got = invoked(&mut function, &case.event).await;
            assert_eq!(neutral(&got, &lent.stack), neutral(&expected, &served), "{name} {}", case.name);
            assert_eq!(got["status"], case.status, "{name} {}: {got}", case.name);
            assert_eq!(got["type"], "application/json", "{name} {}", case.name);
            if case.status == 200 {
                assert_eq!(got["body"].get("Code").unwrap_or(&json!(0)), &json!(0), "{name} {}: {got}", case.name);
            }
        }
        assert_quiet(&name, &function);
        if let Some(ids) = ids(&name) {
            logs(&name, &function, &ids);
        }
        assert!(function.terminate().await.unwrap().success(), "{name} did not end cleanly");
        println!("{name}: {} events, each answered like the local stack", cases.len());
        answers += cases.len();
    }
    assert_eq!(vendor(&lent.stack).await, vendor(&served).await);
    println!("{} binaries, {answers} events, all equal; both vendors hold the same", BSS_ENDPOINTS.len());
    lent.assert_permitted();
}

/// Returns the gateway's response.
pub async fn asked(client: &Client, stack: &Stack, request: &Request) -> Value {
    let origin = stack.base_url.strip_suffix("/api/interworks").unwrap();
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    let method = request.method.parse().unwrap();
    let mut builder = client.request(method, format!("{origin}{}{query}", request.path));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let response = builder.body(request.body.clone().unwrap_or_default()).send().await.unwrap();
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, kind, allow) = (response.status().as_u16(), header("content-type"), header("allow"));
    let body = event::content(&response.text().await.unwrap());
    json!({"status": status, "type": kind, "allow": allow, "body": body})
}

/// Returns the function's response.
pub async fn invoked(function: &mut Function, event: &Value) -> Value {
    match function.invoke(event.to_string()).await.unwrap() {
        Outcome::Response(answer) => {
            assert_eq!(answer["isBase64Encoded"], false);
            let body = event::content(answer["body"].as_str().unwrap());
            let headers = &answer["headers"];
            json!({
                "status": answer["statusCode"], "type": headers["content-type"], "allow": headers["allow"], "body": body
            })
        }
        Outcome::Error(error) => panic!("{event}: {error}"),
    }
}

/// Replaces the vendor's port, which differs between stacks, and removes the reference of an error.
fn neutral(answer: &Value, stack: &Stack) -> Value {
    let origin = stack.dropsuite_url.strip_suffix("/api").unwrap();
    let mut answer: Value = serde_json::from_str(&answer.to_string().replace(origin, "http://vendor")).unwrap();
    for name in ["Message", "ErrorMessage", "message"] {
        if let Some(text) = answer["body"][name].as_str().map(|text| without_reference(text).to_owned()) {
            answer["body"][name] = text.into();
        }
    }
    answer
}

/// Returns the vendor's state and the changes sent to it, without timestamps. Reads are not compared, because each
/// process caches plans.
pub async fn vendor(stack: &Stack) -> Value {
    let url = stack.dropsuite_url.replace("/api", "/_sandbox/state");
    let mut state: Value = sandbox::http_client().unwrap().get(url).send().await.unwrap().json().await.unwrap();
    state["calls"].as_array_mut().unwrap().retain(|call| call["method"] != "GET");
    assert!(state.to_string().contains("ann@acme.example"), "{state}");
    without_times(state)
}

pub fn without_times(value: Value) -> Value {
    let timed = |name: &str| name == "at" || ["_at", "_on", "date"].iter().any(|end| name.ends_with(end));
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(name, _)| !timed(name))
            .map(|(name, value)| (name, without_times(value)))
            .collect(),
        Value::Array(elements) => elements.into_iter().map(without_times).collect(),
        plain => plain,
    }
}

/// Asserts that each printed line is a JSON object, and that none contains a secret.
pub fn assert_quiet(name: &str, function: &Function) {
    let lines = function.lines();
    assert!(lines.iter().any(|line| line.contains("\"Requests\"")), "{name} counted nothing: {lines:?}");
    for line in &lines {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "{name} printed {line}");
        for secret in [API_KEY, "22222222-2222-4222-8222", "11111111-1111-4111-8111"] {
            assert!(!line.contains(secret), "{name} printed {line}");
        }
    }
}

/// Returns the ids in the event of a function, as its log line names them.
fn ids(name: &str) -> Option<Value> {
    let (resource, operation) = name.split_once('-')?;
    let order = |product: &str, quantity: u32| json!({"account": "A-1001", "subscription": "S-1001", "product": product, "quantity": quantity});
    match (resource, operation) {
        ("accounts", "synchronize" | "exists" | "delete") => Some(json!({"account": "A-1001"})),
        ("subscriptions", "create") => Some(order("16921-6-3378-14", 5)),
        ("subscriptions", "upgradetopaid") => Some(order("16921-6-3378-14", 7)),
        ("subscriptions", _) => Some(order("16921-6-3378-14", 6)),
        ("addons", "create") => Some(order("extra-seats", 2)),
        ("addons", _) => Some(order("extra-seats", 3)),
        _ => None,
    }
}

/// Asserts that the log line of each accepted request has these fields.
pub fn logs(name: &str, function: &Function, fields: &Value) {
    let lines = function.lines();
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let requests = lines.map(|line| line["fields"].clone());
    let accepted: Vec<_> = requests.filter(|line| line["message"] == "request" && line["status"] == 200).collect();
    assert!(!accepted.is_empty(), "{name} logged no request");
    for line in accepted {
        let logged: Value =
            fields.as_object().unwrap().keys().map(|field| (field.clone(), line[field].clone())).collect();
        assert_eq!(&logged, fields, "{name} logged {line}");
    }
}
