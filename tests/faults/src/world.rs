//! A local stack to break, called in this process, so that a call can also be killed.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use sandbox::calls::Call;
use sandbox::faults::Faults;
use sandbox::stack::{API_KEY, APPLICATION_ID, Options, Stack, StartError};
use sandbox::{dropbox, dropsuite};
use serde_json::{Value, json};
use service_manager::app::App;
use service_manager::bss::headers;
use service_manager::domain::error_code::ErrorCode;
use service_manager::domain::msp::MspId;
use service_manager::endpoints;
use service_manager::runtime::http_api::{self, InvocationContext};
use service_manager::runtime::status::bss_status;
use service_manager::vendor::VendorName;
use service_manager::workers::actions::ingest;
use service_manager::workers::{additions, tickets};
use url::{Position, Url};
use uuid::Uuid;

use crate::request::Request;
use crate::request::action::{self, HEARD};

/// How long a request may take: short, so that a time-out is soon over, and long enough for what keeps back a part of it.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// Longer than any lease.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

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

    /// Whether it is a yes.
    pub fn is_success(&self) -> bool {
        // The portal's answers are no envelopes.
        self.status == 200 && [0, i64::MIN].contains(&self.code())
    }

    /// Whether it says "press Retry" rather than yes or no.
    pub fn asks_for_retry(&self) -> bool {
        [ErrorCode::VendorUnavailable, ErrorCode::OutcomeUnknown, ErrorCode::InProgress, ErrorCode::StoreUnavailable]
            .iter()
            .any(|code| i64::from(code.number()) == self.code() && bss_status(*code).as_u16() == self.status)
    }
}

/// A local stack.
pub struct World {
    /// The stack.
    pub stack: Stack,
    vendor: VendorName,
    session: Arc<Mutex<String>>,
}

impl World {
    /// A new one, with empty hands.
    pub async fn new(vendor: VendorName, deadline: Duration) -> Result<Self, StartError> {
        Self::with(Options { vendor, deadline, ..Options::from_env() }).await
    }

    /// One with these options, but for ports and addresses, which are its own.
    pub async fn with(options: Options) -> Result<Self, StartError> {
        let vendor = options.vendor;
        let options = Options { port: 0, dynamodb: None, dropsuite: None, connectwise: None, dropbox: None, ..options };
        Ok(Self { stack: Stack::start(&options).await?, vendor, session: Arc::default() })
    }

    /// The faults of the vendor's API.
    pub fn vendor_faults(&self) -> &Faults {
        match self.vendor {
            VendorName::Dropsuite => self.stack.dropsuite.faults(),
            VendorName::Dropbox => self.stack.dropbox.faults(),
        }
    }

    /// The calls of the vendor's API so far.
    pub fn vendor_calls(&self) -> Vec<Call> {
        match self.vendor {
            VendorName::Dropsuite => self.stack.dropsuite.calls(),
            VendorName::Dropbox => self.stack.dropbox.calls(),
        }
    }

    /// All that the vendor holds.
    pub fn vendor_state(&self) -> Value {
        match self.vendor {
            VendorName::Dropsuite => self.stack.dropsuite.state_json(),
            VendorName::Dropbox => self.stack.dropbox.state_json(),
        }
    }

    /// The records of the MSP's ConnectWise.
    pub fn connectwise(&self) -> Value {
        let mut held = self.stack.connectwise.state_json();
        if let Some(held) = held.as_object_mut() {
            held.retain(|noun, _| !["calls", "settings"].contains(&noun.as_str()));
        }
        held
    }

    /// Lets the vendor take what it would refuse as there already.
    pub fn without_net(&self) {
        match self.vendor {
            VendorName::Dropsuite => self.stack.dropsuite.tolerate_duplicates(),
            VendorName::Dropbox => self.stack.dropbox.tolerate_duplicates(),
        }
    }

    /// Whether a call of the vendor's API changes something.
    pub fn changes(&self, call: &Call) -> bool {
        match self.vendor {
            VendorName::Dropsuite => call.method != "GET",
            VendorName::Dropbox => !["get", "list2"].iter().any(|read| call.path.ends_with(read)),
        }
    }

    /// Whether a call of the vendor's API makes something new, or may take up for a new order what had ended.
    pub fn creates(&self, operation: &str) -> bool {
        match self.vendor {
            VendorName::Dropsuite => operation.starts_with("POST"),
            VendorName::Dropbox => ["create", "reinstate"].iter().any(|making| operation.ends_with(making)),
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
            VendorName::Dropsuite => {
                let [partner, _] = dropsuite::PARTNERS;
                vec![("resellertoken", partner.reseller_token), ("accesstoken", partner.admin_token)]
            }
            VendorName::Dropbox => {
                let [partner, _] = dropbox::PARTNERS;
                let ids = ("distributorid", partner.distributor_id);
                vec![("apikey", partner.user), ("apisecret", partner.password), ids]
            }
        }
    }

    /// Answers `request` in a task of its own, which can be killed.
    pub fn begin(&self, request: &Request) -> tokio::task::JoinHandle<Answer> {
        let vendor = self.stack.dropsuite_url.trim_end_matches("/api").to_owned();
        let app = Arc::clone(&self.stack.app);
        if let (DAYS, Some(days)) = (request.path, request.body.as_i64()) {
            self.stack.clock.advance(SignedDuration::from_hours(24 * days));
            return tokio::spawn(async { Answer { status: 200, body: Value::Null } });
        }
        if [STREAM, TICKETS].contains(&request.path) {
            return tokio::spawn(consume(app, request.clone()));
        }
        if request.path == HEARD {
            return tokio::spawn(take_in(app, request.body.clone()));
        }
        tokio::spawn(serve(app, request.clone(), self.settings(), Arc::clone(&self.session), vendor))
    }

    /// Answers `request`.
    pub async fn call(&self, request: &Request) -> Answer {
        self.begin(request).await.unwrap_or(Answer { status: 0, body: Value::Null })
    }

    /// Signs the demo partner in to the portal; the requests of the portal that follow are its, for half an hour.
    pub async fn sign_in(&self) {
        let [partner, _] = dropsuite::PARTNERS;
        let tokens = json!({"resellerToken": partner.reseller_token, "accessToken": partner.admin_token});
        let session = self.done("portal/session/create", tokens).await;
        let token = session["token"].as_str().unwrap_or_default();
        token.clone_into(&mut self.session.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Signs the demo partner in and sets its ConnectWise up.
    pub async fn set_up_connectwise(&self) {
        self.sign_in().await;
        let site = self.stack.connectwise_url.clone();
        let keys = json!({"siteUrl": site, "companyIdentifier": "demo", "publicKey": "pub", "privateKey": "priv"});
        self.done("portal/settings/credentials", keys).await;
        let statuses = json!({"board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14});
        self.done("portal/settings/save", statuses).await;
    }

    /// A call that must succeed.
    ///
    /// # Panics
    /// If it does not.
    pub async fn done(&self, path: &'static str, body: Value) -> Value {
        let answer = self.call(&Request { path, body }).await;
        assert!(answer.is_success(), "{path}: {answer:?}");
        answer.body
    }

    /// All that the vendor, ConnectWise and the table hold, without what may differ between two ways to the same end.
    pub fn holds(&self) -> Value {
        let vendor = self.vendor_state();
        let table = self.stack.dynamodb.state_json().unwrap_or_default();
        let mut holds = json!({
            "organizations": vendor["organizations"], "resellers": vendor["resellers"], "teams": vendor["teams"],
            "table": table["tables"], "connectwise": self.connectwise(),
        });
        without_moments(&mut holds);
        self.neutral(&holds)
    }

    /// Without what is another one in each stack: addresses, whom the vendor's address makes of the demo partner, and sessions.
    fn neutral(&self, holds: &Value) -> Value {
        let [partner, _] = dropsuite::PARTNERS;
        let addresses = [&self.stack.dropsuite_url, &self.stack.connectwise_url];
        let mut text = since_when_many_fail(holds).fold(holds.to_string(), |text, since| {
            let shown = since.strftime("%Y-%m-%d %H:%M UTC").to_string();
            let texts = [since.to_string(), format!("@{}", since.as_second()), shown];
            texts.iter().fold(text, |text, moment| text.replace(moment, "since"))
        });
        for address in addresses.into_iter().filter_map(|url| url.parse::<Url>().ok()) {
            let msp = MspId::from_reseller_token(&address, &partner.reseller_token.into());
            text = text
                .replace(&msp.to_string(), "msp")
                .replace(&address[Position::BeforeHost..Position::AfterPort], "host");
        }
        let mut holds: Value = serde_json::from_str(&text).unwrap_or_default();
        for items in holds["table"].as_object_mut().into_iter().flat_map(|tables| tables.values_mut()) {
            if let Some(items) = items.as_array_mut() {
                items.retain(|item| item["sk"]["S"] != "session");
                for item in items.iter_mut().filter(|item| is_ticket_of_many(item)) {
                    item["wish"] = json!("made of since when they fail");
                }
                items.sort_by_cached_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
            }
        }
        holds
    }
}

/// Since when many actions of an organization fail together: its ticket says so.
fn since_when_many_fail(holds: &Value) -> impl Iterator<Item = Timestamp> {
    let tables = holds["table"].as_object().into_iter().flat_map(|tables| tables.values());
    let items = tables.flat_map(|items| items.as_array().into_iter().flatten());
    items.filter_map(|item| item["together_since"]["S"].as_str()?.parse().ok())
}

fn is_ticket_of_many(item: &Value) -> bool {
    item["sk"]["S"] == "ticket" && item["pk"]["S"].as_str().is_some_and(|pk| pk.starts_with("organization#"))
}

/// Names of members that hold a moment, count writes, or are random.
const MOMENTS: [&str; 17] = [
    "closedDate",
    "dateCreated",
    "_info",
    "ended_at",
    "linked_at",
    "live_since",
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
    "lease_until",
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

/// Where two values differ first, and how; none if they are the same.
pub fn difference(got: &Value, wanted: &Value) -> Option<String> {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => {
            let names: BTreeSet<_> = got.keys().chain(wanted.keys()).collect();
            names.into_iter().find_map(|name| {
                let absent = Value::Null;
                let inside = difference(got.get(name).unwrap_or(&absent), wanted.get(name).unwrap_or(&absent))?;
                Some(format!("/{name}{inside}"))
            })
        }
        (Value::Array(got), Value::Array(wanted)) if got.len() == wanted.len() => {
            let mut pairs = got.iter().zip(wanted).enumerate();
            pairs.find_map(|(index, (got, wanted))| Some(format!("/{index}{}", difference(got, wanted)?)))
        }
        (got, wanted) => (got != wanted).then(|| format!(": {got} and not {wanted}")),
    }
}

/// The paths of an event of the table's stream, which no endpoint has: for the consumer of subscriptions and for that of
/// actions.
pub const STREAM: &str = "connectwise/additions";
const TICKETS: &str = "connectwise/tickets";

/// The path of the passing of days, which no endpoint has.
const DAYS: &str = "days pass";

/// So many days pass.
pub fn days_pass(days: i64) -> Request {
    Request { path: DAYS, body: json!(days) }
}

/// An event of the stream: these items, by their keys, were written.
pub fn written(keys: impl IntoIterator<Item = (String, &'static str)>) -> Request {
    Request { path: STREAM, body: event(keys) }
}

/// The same, for the consumer of actions.
pub fn written_of_actions(keys: impl IntoIterator<Item = (String, &'static str)>) -> Request {
    Request { path: TICKETS, body: event(keys) }
}

fn event(keys: impl IntoIterator<Item = (String, &'static str)>) -> Value {
    let record = |(number, (pk, sk)): (usize, (String, &str))| json!({"dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "SequenceNumber": number.to_string()}});
    let records: Vec<_> = keys.into_iter().enumerate().map(record).collect();
    json!({ "Records": records })
}

/// Works an event off; what is to come again asks for a retry.
async fn consume(app: Arc<App>, request: Request) -> Answer {
    let Ok(event) = serde_json::from_value(request.body) else { return Answer { status: 400, body: Value::Null } };
    let run_id = Uuid::new_v4().to_string();
    let unfinished = if request.path == TICKETS {
        tickets::consume(&app, &event, &run_id, DEADLINE).await
    } else {
        additions::consume(&app, &event, &run_id, DEADLINE).await
    };
    let code = if unfinished.batch_item_failures.is_empty() { 0 } else { ErrorCode::VendorUnavailable.number() };
    Answer { status: 200, body: json!({ "Code": code }) }
}

/// Takes in what was heard of actions.
async fn take_in(app: Arc<App>, body: Value) -> Answer {
    let Some((organization, heard)) = action::heard(&body) else { return Answer { status: 400, body: Value::Null } };
    let taken_in = ingest::ingest(&app, &organization, &heard).await;
    let code = taken_in.map_or_else(|failure| failure.code().number(), |_| 0);
    Answer { status: 200, body: json!({ "Code": code }) }
}

/// Answers with the vendor's address, which is another one in each stack, replaced by its name.
async fn serve(
    app: Arc<App>,
    request: Request,
    settings: Vec<(&'static str, &'static str)>,
    session: Arc<Mutex<String>>,
    vendor: String,
) -> Answer {
    let endpoint = endpoints::all_endpoints().find(|endpoint| endpoint.path == request.path);
    let Some(endpoint) = endpoint else {
        return Answer { status: 404, body: Value::Null };
    };
    let mut http = http::Request::new(Bytes::from(request.body.to_string()));
    *http.method_mut() = endpoint.method.clone();
    let key = STANDARD.encode(API_KEY);
    let session = format!("Bearer {}", session.lock().unwrap_or_else(PoisonError::into_inner));
    let caller = [
        (headers::APPLICATION_ID.to_owned(), APPLICATION_ID),
        (headers::API_KEY.to_owned(), key.as_str()),
        ("authorization".to_owned(), session.as_str()),
    ];
    let settings = settings.into_iter().map(|(field, value)| (format!("x-cloudplatform-setting-{field}"), value));
    for (name, value) in caller.into_iter().chain(settings) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_str(&name), HeaderValue::from_str(value)) {
            http.headers_mut().insert(name, value);
        }
    }
    let origin = InvocationContext { request_id: Uuid::new_v4().to_string(), remaining_time: None };
    let response = http_api::serve(endpoint, &app, &http, origin).await;
    let body = String::from_utf8_lossy(response.body()).replace(&vendor, "https://vendor");
    let body = serde_json::from_str(&body).unwrap_or_default();
    Answer { status: response.status().as_u16(), body }
}
