//! A local stack to break, called in this process, so that a call can also be killed.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use sandbox::calls::Call;
use sandbox::faults::Faults;
use sandbox::stack::{API_KEY, APPLICATION_ID, Options, Stack, StartError};
use sandbox::{dropbox, dropsuite};
use serde_json::{Value, json};
use service_manager::app::App;
use service_manager::bss::headers;
use service_manager::code::Code;
use service_manager::edge::{self, Origin};
use service_manager::endpoints;
use service_manager::vendor::Name;
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
    vendor: Name,
}

impl World {
    /// A new one, with empty hands.
    pub async fn new(vendor: Name, deadline: Duration) -> Result<Self, StartError> {
        let options = Options {
            vendor,
            port: 0,
            dynamodb: None,
            dropsuite: None,
            dropbox: None,
            deadline,
            ..Options::from_env()
        };
        Ok(Self { stack: Stack::start(&options).await?, vendor })
    }

    /// The faults of the vendor's API.
    pub fn vendor_faults(&self) -> &Faults {
        match self.vendor {
            Name::Dropsuite => self.stack.dropsuite.faults(),
            Name::Dropbox => self.stack.dropbox.faults(),
        }
    }

    /// The calls of the vendor's API so far.
    pub fn vendor_calls(&self) -> Vec<Call> {
        match self.vendor {
            Name::Dropsuite => self.stack.dropsuite.calls(),
            Name::Dropbox => self.stack.dropbox.calls(),
        }
    }

    /// All that the vendor holds.
    pub fn vendor_state(&self) -> Value {
        match self.vendor {
            Name::Dropsuite => self.stack.dropsuite.state_json(),
            Name::Dropbox => self.stack.dropbox.state_json(),
        }
    }

    /// Lets the vendor take what it would refuse as there already.
    pub fn without_net(&self) {
        match self.vendor {
            Name::Dropsuite => self.stack.dropsuite.tolerate_duplicates(),
            Name::Dropbox => self.stack.dropbox.tolerate_duplicates(),
        }
    }

    /// Whether a call of the vendor's API changes something.
    pub fn changes(&self, call: &Call) -> bool {
        match self.vendor {
            Name::Dropsuite => call.method != "GET",
            Name::Dropbox => !["get", "list2"].iter().any(|read| call.path.ends_with(read)),
        }
    }

    /// Whether a call of the vendor's API makes something new, or may take up for a new order what had ended.
    pub fn creates(&self, operation: &str) -> bool {
        match self.vendor {
            Name::Dropsuite => operation.starts_with("POST"),
            Name::Dropbox => ["create", "reinstate"].iter().any(|making| operation.ends_with(making)),
        }
    }

    /// What nobody but the vendor may see of the demo partner's settings.
    pub fn secrets(&self) -> Vec<&'static str> {
        let public = ["distributorid"];
        let settings = self.settings().into_iter().filter(|(field, _)| !public.contains(field));
        settings.map(|(_, value)| value).collect()
    }

    fn settings(&self) -> Vec<(&'static str, &'static str)> {
        match self.vendor {
            Name::Dropsuite => {
                let [partner, _] = dropsuite::PARTNERS;
                vec![("resellertoken", partner.reseller_token), ("accesstoken", partner.admin_token)]
            }
            Name::Dropbox => {
                let [partner, _] = dropbox::PARTNERS;
                let ids = ("distributorid", partner.distributor_id);
                vec![("apikey", partner.user), ("apisecret", partner.password), ids]
            }
        }
    }

    /// Answers `request` in a task of its own, which can be killed.
    pub fn begin(&self, request: &Request) -> tokio::task::JoinHandle<Answer> {
        let vendor = self.stack.dropsuite_url.trim_end_matches("/api").to_owned();
        tokio::spawn(serve(Arc::clone(&self.stack.app), request.clone(), self.settings(), vendor))
    }

    /// Answers `request`.
    pub async fn call(&self, request: &Request) -> Answer {
        self.begin(request).await.unwrap_or(Answer { status: 0, body: Value::Null })
    }

    /// All that the vendor and the table hold, without what may differ between two ways to the same end.
    pub fn holds(&self) -> Value {
        let vendor = self.vendor_state();
        let table = self.stack.dynamodb.state_json().unwrap_or_default();
        let mut holds = json!({
            "organizations": vendor["organizations"], "resellers": vendor["resellers"], "teams": vendor["teams"],
            "table": table["tables"],
        });
        without_moments(&mut holds);
        holds
    }
}

/// Names of members that hold a moment, count writes, or are random.
const MOMENTS: [&str; 11] = [
    "ended_at",
    "created_at",
    "updated_at",
    "cancelled_at",
    "unsubscribed_at",
    "term_started",
    "end_date",
    "end_datetime",
    "version",
    "expires_at",
    "sealed",
];

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
async fn serve(app: Arc<App>, request: Request, settings: Vec<(&'static str, &'static str)>, vendor: String) -> Answer {
    let endpoint = endpoints::ALL.iter().find(|endpoint| endpoint.path == request.path);
    let Some(endpoint) = endpoint else {
        return Answer { status: 404, body: Value::Null };
    };
    let mut http = http::Request::new(Bytes::from(request.body.to_string()));
    *http.method_mut() = Method::POST;
    let key = STANDARD.encode(API_KEY);
    let caller = [(headers::APPLICATION_ID.to_owned(), APPLICATION_ID), (headers::API_KEY.to_owned(), key.as_str())];
    let settings = settings.into_iter().map(|(field, value)| (format!("x-cloudplatform-setting-{field}"), value));
    for (name, value) in caller.into_iter().chain(settings) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_str(&name), HeaderValue::from_str(value)) {
            http.headers_mut().insert(name, value);
        }
    }
    let origin = Origin { request_id: Uuid::new_v4().to_string(), time_left: None };
    let response = edge::serve(endpoint, &app, &http, origin).await;
    let body = String::from_utf8_lossy(response.body()).replace(&vendor, "https://vendor");
    let body = serde_json::from_str(&body).unwrap_or_default();
    Answer { status: response.status().as_u16(), body }
}
