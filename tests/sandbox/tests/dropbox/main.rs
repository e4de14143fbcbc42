//! Tests that the Dropbox sandbox applies the vendor's rules, over HTTP.
#![expect(clippy::unwrap_used, reason = "a test's own calls must succeed")]

mod access;
mod controls;
mod creation;
mod lifecycle;
mod modification;
mod refusals;
mod renewal;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use sandbox::clock::SandboxClock;
use sandbox::dropbox::{DropboxSandbox, PARTNERS, Partner};
use sandbox::serve::{Server, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const DEMO: Partner = PARTNERS[0];
const OTHER: Partner = PARTNERS[1];

struct Vendor {
    sandbox: DropboxSandbox,
    clock: SandboxClock,
    server: Server,
}

impl Vendor {
    async fn start() -> Self {
        let clock = SandboxClock::default();
        Self::serving(DropboxSandbox::open(None, clock.clone()).unwrap(), clock).await
    }

    async fn serving(sandbox: DropboxSandbox, clock: SandboxClock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, sandbox.router()).unwrap();
        Self { sandbox, clock, server }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let client = sandbox::http_client().unwrap();
        client.request(method, format!("http://{}{path}", self.server.address()))
    }

    /// Calls an action below `/2/resellers/team`.
    async fn ask(&self, partner: Partner, action: &str, body: Value) -> (u16, Value) {
        let request = self.request(Method::POST, &format!("/2/resellers/team/{action}"));
        sent(request.basic_auth(partner.user, Some(partner.password)).json(&body)).await.unwrap()
    }

    async fn control(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        sent(self.request(method, &format!("/_sandbox/{path}")).json(&body)).await.unwrap()
    }

    /// Calls an action as the demo partner. It must succeed.
    async fn done(&self, action: &str, body: Value) -> Value {
        let (status, answer) = self.ask(DEMO, action, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Calls an action as the demo partner. It must be rejected; returns the error tag.
    async fn tag(&self, action: &str, body: Value) -> String {
        let (status, answer) = self.ask(DEMO, action, body).await;
        assert_eq!(status, 409, "{answer}");
        tag(&answer)
    }

    async fn created(&self, number: u32, skus: Value) -> Value {
        self.done("create", acme(number, skus)).await
    }

    async fn shown(&self, team: &Value) -> Value {
        self.done("get", json!({ "id": team["id"], "reseller_ids": ["R-2001"] })).await
    }

    fn pass(&self, days: i64) {
        self.clock.advance(SignedDuration::from_hours(24 * days));
    }
}

async fn sent(request: reqwest::RequestBuilder) -> reqwest::Result<(u16, Value)> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let text = response.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

fn tag(answer: &Value) -> String {
    answer["error_summary"].as_str().unwrap().split('/').next().unwrap().to_owned()
}

fn acme(number: u32, skus: Value) -> Value {
    let body = json!({
        "name": format!("Acme {number}"), "country_code": "DE", "invite_admin": format!("admin{number}@acme.example"),
        "reseller_ids": ["D-1000", "R-2001"], "is_trial": false
    });
    with(body, "skus", skus)
}

fn trial(number: u32, base: &str) -> Value {
    with(acme(number, skus(&[(base, 1)])), "is_trial", json!(true))
}

fn skus(items: &[(&str, u32)]) -> Value {
    items.iter().map(|(id, quantity)| json!({ "sku_id": id, "quantity": quantity })).collect()
}

/// Returns the body of `team/skus/modify`, with the team's current SKUs.
fn modify(team: &Value, new: Value, now: bool) -> Value {
    let current = team.pointer("/current_state/skus");
    let body = json!({
        "id": team["id"], "current_skus": current, "reseller_ids": ["R-2001"], "force_immediate": now
    });
    with(body, "new_skus", new)
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// Asserts that both terms began at the same time.
fn ends_like(team: &Value, fresh: &Value) {
    let apart = time(&fresh["end_datetime"]).duration_since(time(&team["end_datetime"])).abs();
    assert!(apart < SignedDuration::from_mins(1), "{team} {fresh}");
}

fn of(team: &Value) -> Value {
    json!({ "id": team["id"], "reseller_ids": ["R-2001"] })
}

fn with(mut body: Value, name: &str, value: Value) -> Value {
    body.as_object_mut().unwrap().insert(name.into(), value);
    body
}
