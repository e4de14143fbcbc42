//! Tests that the ConnectWise sandbox applies the vendor's rules, over HTTP.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test's own calls must succeed")]

mod access;
mod additions;
mod agreements;
mod catalog;
mod companies;
mod configurations;
mod controls;
mod lists;
mod openapi;
mod patches;
mod search;
mod system;
mod tickets;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, Url};
use sandbox::clock::SandboxClock;
use sandbox::connectwise::ConnectWiseSandbox;
use sandbox::serve::{Server, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const BASE: &str = "/v4_6_release/apis/3.0";
const CLIENT_ID: &str = "5ad00000-0000-4000-8000-000000000001";
const DEMO: [&str; 2] = ["pub", "priv"];
const LIMITED: [&str; 2] = ["pub-limited", "priv-limited"];
const ADMIN: [&str; 2] = ["pub-admin", "priv-admin"];

struct Fixture {
    sandbox: ConnectWiseSandbox,
    clock: SandboxClock,
    server: Server,
    client: Client,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Fixture {
    async fn start() -> Self {
        let clock = SandboxClock::default();
        Self::around(ConnectWiseSandbox::open(None, clock.clone()).unwrap(), clock).await
    }

    async fn around(sandbox: ConnectWiseSandbox, clock: SandboxClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, sandbox.router()).unwrap();
        let client = sandbox::http_client().unwrap();
        Self { sandbox, clock, server, client }
    }

    /// Returns a request below the base, with only the required headers.
    fn request(&self, [public, private]: [&str; 2], method: Method, path: &str) -> reqwest::RequestBuilder {
        let keys = BASE64_STANDARD.encode(format!("demo+{public}:{private}"));
        let request = self.bare(method, &format!("{BASE}{path}"));
        request.header("Authorization", format!("Basic {keys}")).header("clientId", CLIENT_ID)
    }

    fn bare(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.server.address()))
    }

    async fn send(&self, keys: [&str; 2], method: Method, path: &str, body: Option<String>) -> Answer {
        let mut request = self.request(keys, method.clone(), path);
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        let answer = done(request).await;
        if answer.status < 300 {
            openapi::check(&method, path, answer.status, &answer.body);
        }
        answer
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.send(DEMO, Method::GET, path, None).await;
        (answer.status, answer.body)
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.send(DEMO, Method::POST, path, Some(body.to_string())).await;
        (answer.status, answer.body)
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.send(ADMIN, Method::PUT, path, Some(body.to_string())).await;
        (answer.status, answer.body)
    }

    /// Patches a record: replaces fields.
    async fn patch(&self, path: &str, fields: Value) -> (u16, Value) {
        self.patch_as(DEMO, path, fields).await
    }

    async fn patch_as(&self, keys: [&str; 2], path: &str, fields: Value) -> (u16, Value) {
        let fields = fields.as_object().unwrap();
        let operations: Value =
            fields.iter().map(|(path, value)| json!({ "op": "replace", "path": path, "value": value })).collect();
        let answer = self.send(keys, Method::PATCH, path, Some(operations.to_string())).await;
        (answer.status, answer.body)
    }

    /// Deletes a record as the administrator.
    async fn delete(&self, path: &str) -> (u16, Value) {
        let answer = self.send(ADMIN, Method::DELETE, path, None).await;
        (answer.status, answer.body)
    }

    async fn created(&self, path: &str, body: Value) -> Value {
        let (status, row) = self.post(path, body).await;
        assert_eq!(status, 201, "{row}");
        row
    }

    async fn control(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = done(self.bare(Method::POST, path).body(body.to_string())).await;
        (answer.status, answer.body)
    }

    /// Returns the ids of the list's rows.
    async fn ids(&self, path: &str, parameters: &[(&str, &str)]) -> Vec<u64> {
        let (status, rows) = self.get(&query(path, parameters)).await;
        assert_eq!(status, 200, "{rows}");
        rows.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
    }

    /// Returns the first day of the month that is `months` after the current one, by the sandbox's clock.
    fn month(&self, months: i64) -> String {
        month_of(self.clock.now(), months)
    }
}

async fn done(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap_or(Value::String(text)) };
    Answer { status, headers, body }
}

fn month_of(time: Timestamp, months: i64) -> String {
    let first = time.to_zoned(TimeZone::UTC).first_of_month().unwrap().start_of_day().unwrap();
    first.checked_add(months.months()).unwrap().timestamp().to_string()
}

fn query(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut url = Url::parse("http://localhost").unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    format!("{path}?{}", url.query().unwrap())
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body.as_object_mut().unwrap().insert(name.into(), value);
    body
}

fn without(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name);
    body
}

/// Returns code, message and field of the only error.
fn error(body: &Value) -> (&str, &str, &str) {
    assert_eq!((&body["code"], body["errors"].as_array().map(Vec::len)), (&json!("InvalidObject"), Some(1)), "{body}");
    let error = &body["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap();
    (text("code"), text("message"), text("field"))
}

fn id(row: &Value) -> u64 {
    row["id"].as_u64().unwrap()
}
