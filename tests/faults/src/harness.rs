//! The harness of the fault tests: a local stack, whose functions are called in this process, so that a call can be
//! killed.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use jiff::SignedDuration;
use sandbox::background;
use sandbox::call_log::Call;
use sandbox::connectwise;
use sandbox::faults::Faults;
use sandbox::snapshot::Snapshot;
use sandbox::stack::{API_KEY, APPLICATION_ID, Options, SECOND_API_KEY, SECOND_APPLICATION_ID, Stack, StartError};
use sandbox::{dropbox, dropsuite};
use serde_json::{Value, json};
use service_manager::app::App;
use service_manager::bss::headers;
use service_manager::endpoints;
use service_manager::runtime::http_api::{self, InvocationContext};
use service_manager::vendor::VendorName;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::answer::Answer;
use crate::request::action::{ACTION_EVENTS, CHECK, MAILBOXES};
use crate::request::connectwise::organization;
use crate::request::{Caller, Installation, Request, Settings};
use crate::{events, state};

/// Time limit of a request: so long that a busy machine does not exceed it.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Time limit of a request that must exceed it: short, but longer than the reserves that are subtracted from it.
pub const SHORT_DEADLINE: Duration = Duration::from_secs(5);

/// Longer than any lease.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Maximum number of retries of a call that must succeed.
const PATIENCE: u32 = 6;

/// A local stack and the credentials to call it.
pub struct Harness {
    /// The stack.
    pub stack: Stack,
    options: Options,
    session: Arc<Mutex<String>>,
}

/// The state of a harness at one moment.
pub struct HarnessSnapshot {
    stack: Snapshot,
    options: Options,
    session: String,
}

impl HarnessSnapshot {
    /// Starts a harness with this state, after the one before has ended.
    pub async fn start(&self) -> Result<Harness, StartError> {
        let options = self.options.clone().with_own_table();
        let stack = self.stack.start(&options).await?;
        Ok(Harness { stack, options, session: Arc::new(Mutex::new(self.session.clone())) })
    }
}

impl Harness {
    /// Starts an empty stack.
    pub async fn new(vendor: VendorName, deadline: Duration) -> Result<Self, StartError> {
        Self::with(Options { vendor, deadline, ..Options::from_env() }).await
    }

    /// Starts a stack with these options, except ports, the table and the addresses of vendors, which are chosen here.
    pub async fn with(options: Options) -> Result<Self, StartError> {
        let options =
            Options { port: 0, dropsuite: None, connectwise: None, dropbox: None, ..options }.with_own_table();
        Ok(Self { stack: Stack::start(&options).await?, options, session: Arc::default() })
    }

    /// Takes its state, from which other harnesses continue.
    pub async fn into_snapshot(self) -> Result<HarnessSnapshot, StartError> {
        let Self { stack, options, session } = self;
        let session = session.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(HarnessSnapshot { stack: Snapshot::of(&stack).await?, options, session })
    }

    /// Returns the fault rules of the vendor.
    pub fn vendor_faults(&self) -> &Faults {
        match self.options.vendor {
            VendorName::Dropsuite => self.stack.dropsuite.faults(),
            VendorName::Dropbox => self.stack.dropbox.faults(),
        }
    }

    /// Returns the calls to the vendor so far.
    pub fn vendor_calls(&self) -> Vec<Call> {
        match self.options.vendor {
            VendorName::Dropsuite => self.stack.dropsuite.calls(),
            VendorName::Dropbox => self.stack.dropbox.calls(),
        }
    }

    /// Returns the vendor's state.
    pub fn vendor_state(&self) -> Value {
        match self.options.vendor {
            VendorName::Dropsuite => self.stack.dropsuite.state_json(),
            VendorName::Dropbox => self.stack.dropbox.state_json(),
        }
    }

    /// Returns the records of the MSP's ConnectWise.
    pub fn connectwise(&self) -> Value {
        let mut held = self.stack.connectwise.state_json();
        if let Some(held) = held.as_object_mut() {
            held.retain(|noun, _| !["calls", "settings"].contains(&noun.as_str()));
        }
        held
    }

    /// Switches off the vendor's protection against duplicates.
    pub fn tolerate_duplicates(&self) {
        match self.options.vendor {
            VendorName::Dropsuite => self.stack.dropsuite.tolerate_duplicates(),
            VendorName::Dropbox => self.stack.dropbox.tolerate_duplicates(),
        }
    }

    /// Returns `true` if a call to the vendor changes something.
    pub fn changes(&self, call: &Call) -> bool {
        match self.options.vendor {
            VendorName::Dropsuite => call.method != "GET",
            VendorName::Dropbox => !["get", "list2"].iter().any(|read| call.path.ends_with(read)),
        }
    }

    /// Returns `true` if a call to the vendor creates something, or may reactivate something for a new order.
    pub fn creates(&self, operation: &str) -> bool {
        match self.options.vendor {
            VendorName::Dropsuite => operation.starts_with("POST"),
            VendorName::Dropbox => ["create", "reinstate"].iter().any(|making| operation.ends_with(making)),
        }
    }

    /// Returns the secret values of the demo partner's settings.
    pub fn secrets(&self) -> Vec<&'static str> {
        let public = ["distributorid"];
        let settings = self.tokens(Settings::Own).into_iter().filter(|(field, _)| !public.contains(field));
        settings.map(|(_, value)| value).collect()
    }

    /// Returns the integration's settings.
    fn settings(&self, settings: Settings) -> Vec<(&'static str, String)> {
        let tokens = self.tokens(settings).into_iter().map(|(field, value)| (field, value.to_owned()));
        let second = self.stack.second_dropsuite.as_ref().filter(|_| settings == Settings::SecondHost);
        tokens.chain(second.map(|second| ("apiurl", second.url()))).collect()
    }

    fn tokens(&self, settings: Settings) -> Vec<(&'static str, &'static str)> {
        let other = usize::from(settings == Settings::OtherPartner);
        match self.options.vendor {
            VendorName::Dropsuite => {
                let partner = dropsuite::PARTNERS[other];
                vec![("resellertoken", partner.reseller_token), ("accesstoken", partner.admin_token)]
            }
            VendorName::Dropbox => {
                let partner = dropbox::PARTNERS[other];
                let ids = ("distributorid", partner.distributor_id);
                vec![("apikey", partner.user), ("apisecret", partner.password), ids]
            }
        }
    }

    /// Processes `request` in a separate task, which can be killed.
    pub fn begin(&self, request: &Request) -> JoinHandle<Answer> {
        self.begin_within(DEADLINE, request)
    }

    /// Processes `request` in a separate task, within a time limit.
    pub fn begin_within(&self, limit: Duration, request: &Request) -> JoinHandle<Answer> {
        let vendor = self.stack.dropsuite_url.trim_end_matches("/api").to_owned();
        let app = Arc::clone(&self.stack.app);
        if let (DAYS, Some(days)) = (request.path, request.body.as_i64()) {
            self.stack.clock.advance(SignedDuration::from_hours(24 * days));
            return tokio::spawn(async { Answer { status: 200, body: Value::Null } });
        }
        if [STREAM, TICKETS].contains(&request.path) {
            return tokio::spawn(events::consume(app, request.clone(), limit));
        }
        if let (MAILBOXES, Some(count)) = (request.path, request.body.as_u64()) {
            let added = usize::try_from(count).map(|count| self.stack.dropsuite.add_mailboxes(&organization(1), count));
            let status = if matches!(added, Ok(Ok(_))) { 200 } else { 400 };
            return tokio::spawn(async move { Answer { status, body: Value::Null } });
        }
        if request.path == CHECK {
            return tokio::spawn(events::check_organization(app, self.stack.dropsuite_url.clone(), limit));
        }
        if request.path == ACTION_EVENTS {
            return tokio::spawn(events::record_events(app, request.body.clone()));
        }
        let settings = self.settings(request.caller.settings);
        let session = Arc::clone(&self.session);
        tokio::spawn(serve(app, request.clone(), settings, session, vendor, limit))
    }

    /// Processes `request`.
    pub async fn call(&self, request: &Request) -> Answer {
        self.begin(request).await.unwrap_or(Answer { status: 0, body: Value::Null })
    }

    /// Processes `request`, and repeats it while the answer asks for a retry, but not for ever: on a busy machine a call may
    /// run out of time.
    pub async fn call_patiently(&self, request: &Request) -> Answer {
        let mut answer = self.call(request).await;
        for _ in 0..PATIENCE {
            if !answer.asks_for_retry() {
                break;
            }
            self.stack.clock.advance(LEASE);
            answer = self.call(request).await;
        }
        answer
    }

    /// Runs the redrive.
    ///
    /// # Panics
    /// The table cannot be reached.
    pub async fn redrive(&self) {
        let report = background::redrive(&self.stack.app).await;
        assert!(report.is_ok(), "{report:?}");
    }

    /// Signs the demo partner in to the portal. Later requests to the portal use this session, which lasts half an
    /// hour.
    pub async fn sign_in(&self) {
        let [partner, _] = dropsuite::PARTNERS;
        let tokens = json!({"resellerToken": partner.reseller_token, "accessToken": partner.admin_token});
        let session = self.done("portal/session/create", tokens).await;
        let token = session["token"].as_str().unwrap_or_default();
        token.clone_into(&mut self.session.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Signs the demo partner in and sets up its ConnectWise.
    /// The instance answers searches with several conditions by empty lists.
    pub async fn set_up_connectwise(&self) {
        self.sign_in().await;
        let instance = &self.stack.connectwise;
        instance.set_settings(connectwise::Settings { empty_compound_searches: true, ..instance.settings() });
        let site = self.stack.connectwise_url.clone();
        let keys = json!({"siteUrl": site, "companyIdentifier": "demo", "publicKey": "pub", "privateKey": "priv"});
        self.done("portal/settings/credentials", keys).await;
        let statuses = json!({"board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14});
        self.done("portal/settings/save", statuses).await;
    }

    /// Makes a call that must succeed.
    ///
    /// # Panics
    /// The call fails.
    pub async fn done(&self, path: &'static str, body: Value) -> Value {
        let answer = self.call_patiently(&Request::new(path, body)).await;
        assert!(answer.is_success(), "{path}: {answer:?}");
        answer.body
    }

    /// Returns the state of the vendor, ConnectWise and the table, without values that may differ between two ways to
    /// the same result.
    ///
    /// # Panics
    /// The table cannot be read.
    pub async fn state(&self) -> Value {
        let vendor = self.vendor_state();
        let items = self.stack.dynamodb.items(&self.stack.table).await;
        assert!(items.is_ok(), "{items:?}");
        let mut state = json!({
            "organizations": vendor["organizations"], "resellers": vendor["resellers"], "teams": vendor["teams"],
            "table": {"items": items.unwrap_or_default()}, "connectwise": self.stack.connectwise.changes_json(),
        });
        state::mask_volatile(&mut state);
        state::neutral(&state, [&self.stack.dropsuite_url, &self.stack.connectwise_url])
    }
}

/// Paths for stream events, which no endpoint has: for `connectwise-additions` and for `connectwise-tickets`.
pub const STREAM: &str = "connectwise/additions";
pub(crate) const TICKETS: &str = "connectwise/tickets";

/// A path for advancing the clock, which no endpoint has.
const DAYS: &str = "days pass";

/// Returns a request that advances the clock by days.
pub fn days_pass(days: i64) -> Request {
    Request::new(DAYS, json!(days))
}

/// Returns a stream event for `connectwise-additions`: the items with these keys were written.
pub fn written(keys: impl IntoIterator<Item = (String, &'static str)>) -> Request {
    Request::new(STREAM, event(keys))
}

/// Returns a stream event for `connectwise-tickets`.
pub fn written_of_actions(keys: impl IntoIterator<Item = (String, &'static str)>) -> Request {
    Request::new(TICKETS, event(keys))
}

fn event(keys: impl IntoIterator<Item = (String, &'static str)>) -> Value {
    let record = |(number, (pk, sk)): (usize, (String, &str))| json!({"dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": sk}}, "SequenceNumber": number.to_string()}});
    let records: Vec<_> = keys.into_iter().enumerate().map(record).collect();
    json!({ "Records": records })
}

/// Processes a request. In the response, the vendor's address, which differs between stacks, is replaced by its name.
async fn serve(
    app: Arc<App>,
    request: Request,
    settings: Vec<(&'static str, String)>,
    session: Arc<Mutex<String>>,
    vendor: String,
    limit: Duration,
) -> Answer {
    let endpoint = endpoints::all_endpoints().find(|endpoint| endpoint.path == request.path);
    let Some(endpoint) = endpoint else {
        return Answer { status: 404, body: Value::Null };
    };
    let mut http = http::Request::new(Bytes::from(request.body.to_string()));
    *http.method_mut() = endpoint.method.clone();
    let Caller { installation, .. } = request.caller;
    let (application, key) = match installation {
        Installation::First => (APPLICATION_ID, STANDARD.encode(API_KEY)),
        Installation::Second => (SECOND_APPLICATION_ID, STANDARD.encode(SECOND_API_KEY)),
    };
    let session = format!("Bearer {}", session.lock().unwrap_or_else(PoisonError::into_inner));
    let caller = [
        (headers::APPLICATION_ID.to_owned(), application.to_owned()),
        (headers::API_KEY.to_owned(), key),
        ("authorization".to_owned(), session),
    ];
    let settings = settings.into_iter().map(|(field, value)| (format!("x-cloudplatform-setting-{field}"), value));
    for (name, value) in caller.into_iter().chain(settings) {
        if let (Ok(name), Ok(value)) = (HeaderName::from_str(&name), HeaderValue::from_str(&value)) {
            http.headers_mut().insert(name, value);
        }
    }
    let origin = InvocationContext {
        request_id: Uuid::new_v4().to_string(),
        remaining_time: Some(limit),
        source: None,
        host: None,
    };
    let response = http_api::serve(endpoint, &app, &http.into(), origin).await;
    let body = String::from_utf8_lossy(response.body()).replace(&vendor, "https://vendor");
    let body = serde_json::from_str(&body).unwrap_or_default();
    Answer { status: response.status().as_u16(), body }
}
