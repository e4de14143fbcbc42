//! The log lines name the customer and what was sent to the vendors, and no secret.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use conformance::event::{self, merge};
use conformance::runtime_api::{Function, Outcome};
use reqwest::Client;
use sandbox::serve::serve;
use serde_json::{Value, json};
use service_manager::domain::msp::MspId;
use service_manager::endpoints::BSS_ENDPOINTS;
use service_manager::vendor::VendorName;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::deployed::{Deployed, start};

/// Tokens of the events, keys, and the parts of the header that Dropbox receives.
const SECRETS: [&str; 7] = [
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "local-demo-key",
    "bG9jYWwtZGVtby1rZXk",
    "dropbox-demo-key",
    "dropbox-demo-secret",
    "ZHJvcGJveC1kZW1vLWtleTpkcm9wYm94LWRlbW8tc2VjcmV0",
];

/// A forwarder in front of a vendor that keeps the requests.
#[derive(Clone)]
struct Forwarder {
    client: Client,
    origin: String,
    requests: Arc<Mutex<Vec<(Method, String, Bytes)>>>,
}

impl Forwarder {
    /// Returns the forwarder, its server, and the address in place of `base`.
    async fn in_front_of(base: &str) -> (Self, sandbox::serve::Server, String) {
        let url: reqwest::Url = base.parse().unwrap();
        let origin = url.origin().ascii_serialization();
        let client = sandbox::http_client().unwrap();
        let forwarder = Self { client, origin: origin.clone(), requests: Arc::default() };
        let router = Router::new().fallback(forward).with_state(forwarder.clone());
        let server = serve(TcpListener::bind("127.0.0.1:0").await.unwrap(), router).unwrap();
        let url = base.replace(&origin, &format!("http://{}", server.address()));
        (forwarder, server, url)
    }

    /// Returns the digests of the bodies that were sent, as `sha256sum | cut -c 1-16` prints them.
    fn digests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let sent = requests.iter().filter(|(.., body)| !body.is_empty());
        sent.map(|(.., body)| hex::encode(Sha256::digest(body))[..16].to_owned()).collect()
    }

    /// Asserts that no body holds a secret, because the log has its digest.
    fn assert_bodies_hold_no_secret(&self) {
        for (method, path, body) in self.requests.lock().unwrap().iter() {
            let body = String::from_utf8(body.to_vec()).unwrap();
            for word in SECRETS.iter().chain(&["password", "token", "secret", "private"]) {
                assert!(!body.to_lowercase().contains(word), "{method} {path}: {body}");
            }
        }
    }
}

async fn forward(
    State(forwarder): State<Forwarder>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    forwarder.requests.lock().unwrap().push((method.clone(), uri.path().to_owned(), body.clone()));
    let mut request = forwarder.client.request(method, format!("{}{uri}", forwarder.origin)).body(body);
    for (name, value) in headers.iter().filter(|(name, _)| !["host", "content-length"].contains(&name.as_str())) {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap())
}

/// Runs a function on its event, changed by `changes`. Returns its request line and all that it printed, at any level.
async fn logged(path: &str, deployed: &Deployed, variables: &[(&str, &str)], changes: Value) -> (Value, String) {
    let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == path).unwrap();
    let mut function = start(&endpoint.name(), &deployed.variables_with(&endpoint.name(), variables)).await;
    let mut event = event::of(endpoint).unwrap();
    merge(&mut event, changes);
    let Outcome::Response(answer) = function.invoke(event.to_string()).await.unwrap() else { panic!("{path}") };
    assert!(answer["body"].as_str().unwrap().contains("\"Code\":0"), "{path}: {answer}");
    assert!(function.terminate().await.unwrap().success());
    let printed = function.lines().join("\n");
    for secret in SECRETS {
        assert!(!printed.contains(secret), "{path} printed {printed}");
    }
    (request_line(&function), printed)
}

fn request_line(function: &Function) -> Value {
    let lines = function.lines();
    let mut lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.find(|line| line["fields"]["message"] == "request").unwrap()["fields"].clone()
}

/// Returns the calls of a line. Asserts that no path has an id.
fn calls(line: &Value) -> Vec<Value> {
    let calls: Vec<Value> = serde_json::from_str(line["vendor_calls"].as_str().unwrap()).unwrap();
    for call in &calls {
        let path = call["path"].as_str().unwrap();
        assert!(!path.replace("list2", "").contains(|character: char| character.is_ascii_digit()), "{call}");
        assert!(call["duration_ms"].is_u64(), "{call}");
    }
    calls
}

fn brief(call: &Value) -> Value {
    json!([call["name"], call["method"], call["path"], call["status"]])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_dropsuite_names_the_customer_and_what_was_sent() {
    let deployed = Deployed::new().await;
    let (vendor, _server, url) = Forwarder::in_front_of(&deployed.stack.dropsuite_url).await;
    let msp = MspId::from_reseller_token(&url.parse().unwrap(), &SECRETS[0].into()).to_string();
    let variables = [("DROPSUITE_BASE_URL", url.as_str())];

    let (line, _) = logged("accounts/synchronize", &deployed, &variables, json!({})).await;
    let organization = line["organization"].clone();
    assert!(organization.as_str().is_some_and(|id| id.ends_with("-6")), "{line}");
    let ids = json!([line["account"], line["msp"], line["partner"], line["application"], line["key_number"]]);
    assert_eq!(ids, json!(["A-1001", msp, msp, "b1a7c0de-0000-4000-8000-000000000001", 1]));
    let made = calls(&line);
    let create = made.iter().find(|call| call["name"] == "create-organization").unwrap();
    assert_eq!(brief(create), json!(["create-organization", "POST", "users", 201]));
    let read = made.iter().find(|call| call["method"] == "GET").unwrap();
    assert!(read.get("body").is_none() && read.get("error").is_none(), "{read}");

    let (order, _) = logged("subscriptions/create", &deployed, &variables, json!({})).await;
    let ids = json!([order["account"], order["subscription"], order["organization"], order["msp"], order["partner"]]);
    assert_eq!(ids, json!(["A-1001", "S-1001", organization, msp, msp]));
    let changes = calls(&order);
    let change = changes.iter().find(|call| call["body"].is_string()).unwrap();
    assert_eq!(brief(change), json!(["set-subscription", "PUT", "users/{id}/subscription", 200]));

    let logged: Vec<_> = made.iter().chain(&changes).filter_map(|call| call["body"].as_str()).collect();
    assert!(logged.len() >= 2, "{logged:?}");
    assert_eq!(logged, vendor.digests());
    vendor.assert_bodies_hold_no_secret();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_without_a_response_is_logged_with_its_error() {
    let deployed = Deployed::new().await;
    let faults = deployed.stack.dropsuite_url.replace("/api", "/_sandbox/faults");
    let rules = json!([{"method": "GET", "path": "*/plans", "status": 503}]);
    assert!(sandbox::http_client().unwrap().post(&faults).json(&rules).send().await.unwrap().status().is_success());
    let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == "service/definitions").unwrap();
    let variables = deployed.variables_with(&endpoint.name(), &[("REQUEST_DEADLINE_MS", "3000")]);
    let mut function = start(&endpoint.name(), &variables).await;
    function.invoke(event::of(endpoint).unwrap().to_string()).await.unwrap();
    assert!(function.terminate().await.unwrap().success());
    let [call] = calls(&request_line(&function)).try_into().unwrap();
    assert_eq!(brief(&call), json!(["plans", "GET", "plans", 503]));
    assert_eq!(call["error"], "failed without effect: status 503");
}

/// A word in the field of a token, or a secret in the field of the distributor, names no partner.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_a_wrong_field_names_no_partner() {
    for (vendor, settings) in [
        (VendorName::Dropsuite, json!({"resellertoken": "hunter2", "accesstoken": SECRETS[1]})),
        (VendorName::Dropbox, json!({"apikey": "key", "apisecret": "hunter2", "distributorid": "hunter2"})),
    ] {
        let deployed = Deployed::of(vendor, &[]).await;
        let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == "fields/get").unwrap();
        let mut event = event::of(endpoint).unwrap();
        set_settings(&mut event, &settings);
        let mut function = deployed.start(endpoint).await;
        function.invoke(event.to_string()).await.unwrap();
        assert!(function.terminate().await.unwrap().success());
        let line = request_line(&function);
        assert_eq!((line.get("partner"), line.get("msp"), &line["status"]), (None, None, &json!(200)), "{line}");
        assert!(!function.lines().join("\n").contains("hunter2"));
    }
}

/// Replaces the settings in the headers of an event.
fn set_settings(event: &mut Value, settings: &Value) {
    let headers = event["headers"].as_object_mut().unwrap();
    headers.retain(|name, _| !name.starts_with("x-cloudplatform-setting-"));
    for (field, value) in settings.as_object().unwrap() {
        headers.insert(format!("x-cloudplatform-setting-{field}"), value.clone());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_dropbox_names_the_customer_and_what_was_sent() {
    let deployed = Deployed::of(VendorName::Dropbox, &[]).await;
    let (vendor, _server, url) = Forwarder::in_front_of(&deployed.stack.dropbox_url).await;
    let variables = [("DROPBOX_BASE_URL", url.as_str())];
    let settings = json!({"apikey": "dropbox-demo-key", "apisecret": "dropbox-demo-secret", "distributorid": "D-1000"});
    let event = |path: &str, body: Value| {
        let endpoint = BSS_ENDPOINTS.into_iter().find(|endpoint| endpoint.path == path).unwrap();
        let mut event = event::of(endpoint).unwrap();
        set_settings(&mut event, &settings);
        json!({"headers": event["headers"], "body": body.to_string()})
    };
    let account = json!({
        "ID": "1001", "ExternalID": "", "Name": "Contoso", "Email": "office@contoso.example",
        "SyncOptions": {"email": "it@contoso.example", "role": "1", "resellerid": "R-2001"},
        "Address": {"Country": {"Code": "DE", "Name": "Germany"}},
    });
    logged("accounts/synchronize", &deployed, &variables, event("accounts/synchronize", account)).await;
    let order = json!({
        "ID": "", "SubscriptionID": "S1", "ServiceType": "dropbox", "ActionType": "Provision", "Quantity": 5,
        "Account": {"ID": "1001", "ExternalID": "dropbox-1001"}, "Addons": [],
        "AttributeList": {"plan": {"ID": "plan", "Code": "TEAM-ST3L5TVD1Y"}},
    });
    let (line, printed) =
        logged("subscriptions/create", &deployed, &variables, event("subscriptions/create", order)).await;
    let ids = json!([line["account"], line["subscription"], line["organization"], line["partner"]]);
    assert_eq!(ids, json!(["1001", "S1", "dbtid:AAH00000000000000000000000000000001", "D-1000"]));
    assert!(line.get("msp").is_none(), "{line}");
    let made = calls(&line);
    let create = made.iter().find(|call| call["name"] == "create-team").unwrap();
    assert_eq!(brief(create), json!(["create-team", "POST", "resellers/team/create", 200]));
    let logged: Vec<_> = made.iter().filter_map(|call| call["body"].as_str()).collect();
    assert_eq!(logged, vendor.digests());
    vendor.assert_bodies_hold_no_secret();
    assert!(!printed.contains("contoso"), "{printed}");
}
