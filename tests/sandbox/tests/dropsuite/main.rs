//! Tests that the Dropsuite sandbox applies the vendor's rules, over HTTP.
#![expect(clippy::unwrap_used, reason = "a test's own calls must succeed")]

mod access;
mod controls;
mod mailboxes;
mod organizations;

use reqwest::Method;
use sandbox::clock::SandboxClock;
use sandbox::dropsuite::{DropsuiteSandbox, PARTNERS};
use sandbox::serve::{Server, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const BACKUP: &str = "16921-6-3378-14";
const PERSONAL: &str = "16921-6-3386-14";
const DEMO: [&str; 2] = [PARTNERS[0].reseller_token, PARTNERS[0].admin_token];
const OTHER: [&str; 2] = [PARTNERS[1].reseller_token, PARTNERS[1].admin_token];

struct Vendor {
    sandbox: DropsuiteSandbox,
    clock: SandboxClock,
    server: Server,
}

impl Vendor {
    async fn start() -> Self {
        let clock = SandboxClock::default();
        let sandbox = DropsuiteSandbox::open(None, clock.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, sandbox.router()).unwrap();
        Self { sandbox, clock, server }
    }

    async fn send(
        &self,
        [reseller, access]: [&str; 2],
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> reqwest::Result<(u16, Value)> {
        let url = format!("http://{}{path}", self.server.address());
        let request = sandbox::http_client().unwrap().request(method, url);
        let request = request.header("X-Reseller-Token", reseller).header("X-Access-Token", access);
        let response = request.body(body.unwrap_or_default()).send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    async fn get(&self, tokens: [&str; 2], path: &str) -> (u16, Value) {
        self.send(tokens, Method::GET, path, None).await.unwrap()
    }

    /// Returns the rows of a partner's customers. Its own organization is the last row of the list.
    async fn customers(&self, tokens: [&str; 2]) -> Value {
        let (status, mut rows) = self.get(tokens, "/api/users").await;
        assert_eq!(status, 200, "{rows}");
        let own = rows.as_array_mut().unwrap().pop().unwrap();
        assert!(PARTNERS.iter().any(|partner| id(&own) == partner.own_organization), "{own}");
        assert_eq!(own.get("reseller_token"), Some(&json!(tokens.first())));
        rows
    }

    async fn post(&self, tokens: [&str; 2], path: &str, body: Value) -> (u16, Value) {
        self.send(tokens, Method::POST, path, Some(body.to_string())).await.unwrap()
    }

    async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        let body = (!body.is_null()).then(|| body.to_string());
        self.send(DEMO, Method::PUT, path, body).await.unwrap()
    }

    async fn created(&self, number: u32) -> Value {
        let (status, row) = self.post(DEMO, "/api/users", acme(number)).await;
        assert_eq!(status, 201, "{row}");
        row
    }

    async fn sub_reseller(&self) -> Value {
        let body = json!({
            "email": "sub@example.com", "first_name": "S", "last_name": "R", "company_name": "Sub", "country": "DE"
        });
        let (status, row) = self.post(DEMO, "/api/resellers", body).await;
        assert_eq!(status, 201, "{row}");
        row
    }

    async fn faults(&self, rules: Value) {
        let (status, answer) = self.post(["", ""], "/_sandbox/faults", rules).await;
        assert_eq!(status, 200, "{answer}");
    }
}

fn acme(number: u32) -> Value {
    json!({
        "email": format!("owner{number}@acme.example"), "first_name": "Ann", "last_name": "Acme",
        "organization_name": format!("Acme {number}"), "plan_id": BACKUP, "seats": 5, "external_id": "ext-1"
    })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body.as_object_mut().unwrap().insert(name.into(), value);
    body
}

fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}

fn tokens(reseller: &Value) -> [&str; 2] {
    ["reseller_token", "authentication_token"].map(|name| reseller[name].as_str().unwrap())
}
