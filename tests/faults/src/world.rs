//! A local stack to break, called in this process, so that a call can also be killed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method};
use sandbox::dropsuite::PARTNERS;
use sandbox::stack::{API_KEY, APPLICATION_ID, Options, Stack, StartError};
use serde_json::{Value, json};
use service_manager::app::App;
use service_manager::bss::headers;
use service_manager::code::Code;
use service_manager::edge::{self, Origin};
use service_manager::endpoints;
use uuid::Uuid;

use crate::request::Request;

/// How long a request may take: short, so that a time-out is soon over, and long enough for what keeps back a part of it.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// Longer than any lease.
pub const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// What a call answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// The envelope's code.
    pub fn code(&self) -> i64 {
        self.body["Code"].as_i64().unwrap_or(i64::MIN)
    }

    /// Whether it says "press Retry" rather than yes or no.
    pub fn asks_for_retry(&self) -> bool {
        [Code::VendorUnavailable, Code::OutcomeUnknown, Code::InProgress, Code::StoreUnavailable]
            .iter()
            .any(|code| i64::from(code.number()) == self.code() && code.status().as_u16() == self.status)
    }
}

/// A local stack.
pub struct World {
    /// The stack.
    pub stack: Stack,
}

impl World {
    /// A new one, with empty hands.
    pub async fn new(deadline: Duration) -> Result<Self, StartError> {
        let options = Options { port: 0, data: None, dynamodb: None, dropsuite: None, deadline, ..Options::from_env() };
        Ok(Self { stack: Stack::start(&options).await? })
    }

    /// Answers `request` in a task of its own, which can be killed.
    pub fn begin(&self, request: &Request) -> tokio::task::JoinHandle<Answer> {
        let vendor = self.stack.dropsuite_url.trim_end_matches("/api").to_owned();
        tokio::spawn(serve(Arc::clone(&self.stack.app), request.clone(), vendor))
    }

    /// Answers `request`.
    pub async fn call(&self, request: &Request) -> Answer {
        self.begin(request).await.unwrap_or(Answer { status: 0, body: Value::Null })
    }

    /// All that the vendor and the table hold, without what may differ between two ways to the same end.
    pub fn holds(&self) -> Value {
        let vendor = self.stack.dropsuite.state_json();
        let table = self.stack.dynamodb.state_json().unwrap_or_default();
        let mut holds = json!({
            "organizations": vendor["organizations"], "resellers": vendor["resellers"], "table": table["tables"],
        });
        without_moments(&mut holds);
        holds
    }
}

/// Names of members that hold a moment, count writes, or are random.
const MOMENTS: [&str; 7] =
    ["created_at", "updated_at", "cancelled_at", "unsubscribed_at", "version", "expires_at", "sealed"];

fn without_moments(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if MOMENTS.contains(&name.as_str()) {
                    let absent = member.is_null() || member.get("NULL").is_some();
                    *member = json!(if absent { "none" } else { "some" });
                } else {
                    without_moments(member);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(without_moments),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Answers with the vendor's address, which is another one in each stack, replaced by its name.
async fn serve(app: Arc<App>, request: Request, vendor: String) -> Answer {
    let endpoint = endpoints::ALL.iter().find(|endpoint| endpoint.path == request.path);
    let Some(endpoint) = endpoint else {
        return Answer { status: 404, body: Value::Null };
    };
    let mut http = http::Request::new(Bytes::from(request.body.to_string()));
    *http.method_mut() = Method::POST;
    let [partner, _] = PARTNERS;
    let key = STANDARD.encode(API_KEY);
    for (name, value) in [
        (headers::APPLICATION_ID, APPLICATION_ID),
        (headers::API_KEY, &key),
        ("x-cloudplatform-setting-resellertoken", partner.reseller_token),
        ("x-cloudplatform-setting-accesstoken", partner.admin_token),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            http.headers_mut().insert(name, value);
        }
    }
    let origin = Origin { request_id: Uuid::new_v4().to_string(), time_left: None };
    let response = edge::serve(endpoint, &app, &http, origin).await;
    let body = String::from_utf8_lossy(response.body()).replace(&vendor, "https://vendor");
    let body = serde_json::from_str(&body).unwrap_or_default();
    Answer { status: response.status().as_u16(), body }
}
