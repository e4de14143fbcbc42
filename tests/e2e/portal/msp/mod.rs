//! A client that acts as an MSP in the portal: it signs in, sets up its ConnectWise, and sells. It can also act as a
//! person who changes records in ConnectWise. The clock starts in May 2031, and all dates in these tests follow from
//! that.

pub mod bodies;
mod connectwise;
mod csv_file;
mod person;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Method, Response};
use sandbox::background;
use sandbox::connectwise::{Member, Role};
use sandbox::dropsuite::{PARTNERS, Partner};
use sandbox::stack::Options;
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::runtime::status::portal_status;

use self::bodies::{credentials, order, plan, ticket_mapping};
use crate::client::{Bss, merged, without_reference};

/// Initial time: noon in the MSP's time zone, Eastern Time.
pub const NOON: &str = "2031-05-15T16:00:00Z";
/// The public key of the MSP's API member.
pub const PUBLIC_KEY: &str = "kP7dQz2LmX9wUb4e";
/// Its private key.
pub const PRIVATE_KEY: &str = "sV3nRt8YcB5jGh6a";

/// No rows.
pub const NOTHING: [Value; 0] = [];

pub const SIGN_IN: &str = "session/create";
pub const CREDENTIALS: &str = "settings/credentials";
pub const SAVE: &str = "settings/save";
pub const CREATE_PLAN: &str = "plans/create";
pub const ORDER: &str = "organizations/create";
pub const UPDATE: &str = "organizations/update";
pub const SUSPEND: &str = "organizations/suspend";
pub const ACTIVATE: &str = "organizations/activate";
pub const UNSUBSCRIBE: &str = "organizations/unsubscribe";
pub const LINK: &str = "links/create";
pub const UNLINK: &str = "links/delete";
pub const RETRY: &str = "additions/retry";
pub const AUDIT: &str = "audit/run";

/// An MSP, and the stack that it calls. Clones call the same stack, with the same session.
#[derive(Clone)]
pub struct Msp {
    /// The BSS of the same partner, with access to the vendor's state.
    pub bss: Bss,
    partner: Partner,
    api_url: Option<String>,
    token: Option<String>,
    client: Client,
}

impl Msp {
    /// Starts a stack with an MSP that is not signed in.
    pub async fn start() -> Self {
        Self::on(Bss::start_with(Options { stream: true, ..Options::from_env() }).await)
    }

    /// Returns an MSP, not signed in, on a running stack, and advances its clock to [`NOON`].
    pub fn on(bss: Bss) -> Self {
        let stack = &bss.stack;
        let noon: Timestamp = NOON.parse().unwrap();
        stack.clock.advance(noon.duration_since(stack.clock.now()));
        stack.connectwise.reset().unwrap();
        let (public_key, private_key) = (PUBLIC_KEY.to_owned(), PRIVATE_KEY.to_owned());
        let member = Member { identifier: "Portal".to_owned(), public_key, private_key, role: Role::integration() };
        stack.connectwise.add_member(member).unwrap();
        Self { bss, partner: PARTNERS[0], api_url: None, token: None, client: sandbox::http_client().unwrap() }
    }

    /// Starts a stack with an MSP that is signed in.
    pub async fn signed_in() -> Self {
        Self::start().await.with_new_session().await
    }

    /// [`signed_in`](Self::signed_in), with its ConnectWise set up.
    pub async fn set_up() -> Self {
        let msp = Self::signed_in().await;
        msp.set_up_connectwise().await;
        msp
    }

    /// [`set_up`](Self::set_up), with the plan of [`plan`].
    pub async fn billing() -> Self {
        let msp = Self::set_up().await;
        msp.done(CREATE_PLAN, &plan(json!({}))).await;
        msp
    }

    /// [`billing`](Self::billing), with the organization of [`order`].
    pub async fn with_tenant() -> Self {
        let msp = Self::billing().await;
        msp.done(ORDER, &order(json!({}))).await;
        msp.wait_for_additions().await;
        msp
    }

    /// Sets up its ConnectWise: credentials and settings.
    pub async fn set_up_connectwise(&self) {
        self.done(CREDENTIALS, &credentials(json!({}))).await;
        self.done(SAVE, &ticket_mapping(json!({}))).await;
    }

    /// Returns a clone with a new session.
    pub async fn with_new_session(&self) -> Self {
        let session = self.done(SIGN_IN, &self.tokens()).await;
        self.with_token(Some(session["token"].as_str().unwrap()))
    }

    /// Returns a clone with another session, or none.
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// Returns another MSP on the same stack, signed in.
    pub async fn other(&self) -> Self {
        self.of_partner(PARTNERS[1]).with_new_session().await
    }

    /// Returns another MSP on the same stack, signed in: the same tokens at the second host of Dropsuite.
    pub async fn at_second_host(&self) -> Self {
        let second = self.bss.stack.second_dropsuite.as_ref().unwrap();
        Self { api_url: Some(second.url()), token: None, ..self.clone() }.with_new_session().await
    }

    /// Returns a clone with a partner's tokens, not signed in. Its BSS has the tokens of before.
    pub fn of_partner(&self, partner: Partner) -> Self {
        Self { partner, token: None, ..self.clone() }
    }

    /// Returns a clone of the same partner with another reseller token, not signed in.
    pub fn with_reseller_token(&self, token: &'static str) -> Self {
        let partner = Partner { reseller_token: token, ..self.partner };
        Self { bss: self.bss.of_partner(partner), partner, token: None, ..self.clone() }
    }

    /// Returns the tokens that it signs in with.
    pub fn tokens(&self) -> Value {
        let tokens = json!({"resellerToken": self.partner.reseller_token, "accessToken": self.partner.admin_token});
        match &self.api_url {
            Some(url) => merged(tokens, json!({"apiUrl": url})),
            None => tokens,
        }
    }

    /// Advances the clock to `moment`, and returns a clone with a new session.
    pub async fn at(&self, moment: &str) -> Self {
        let moment: Timestamp = moment.parse().unwrap();
        self.bss.stack.clock.advance(moment.duration_since(self.bss.stack.clock.now()));
        self.with_new_session().await
    }

    /// Waits until the additions are in sync or have failed. Retries of a failing record may take longer than the time
    /// limit of the mapping's own wait.
    pub async fn wait_for_additions(&self) {
        let additions = self.bss.stack.additions.as_ref().unwrap();
        assert!(additions.drained().await || additions.drained().await, "the stream is not processed in time");
    }

    /// Runs an audit on demand. Returns the first page of its findings.
    pub async fn audits(&self) -> Value {
        self.done(AUDIT, &json!({})).await;
        background::audit(&self.bss.stack.app, &self.bss.stack.queues).await.unwrap();
        let page = self.get("audit/list").await;
        assert_eq!(page["audit"]["state"], "complete", "{page}");
        page
    }

    /// Runs the monitor and the checks and, if the stream is processed, waits until the tickets are in sync or have
    /// failed.
    pub async fn run_checks(&self) {
        let stack = &self.bss.stack;
        background::monitor(&stack.app).await.unwrap();
        background::check(&stack.app, &stack.queues).await.unwrap();
        if stack.tickets.is_some() {
            self.wait_for_tickets().await;
        }
    }

    /// Waits until the tickets are in sync or have failed.
    pub async fn wait_for_tickets(&self) {
        let tickets = self.bss.stack.tickets.as_ref().unwrap();
        assert!(tickets.drained().await || tickets.drained().await, "the stream is not processed in time");
    }

    /// Sends a request.
    pub async fn request(&self, method: Method, path: &str, body: String) -> Response {
        let url = format!("{}/{path}", self.bss.stack.portal_url());
        let mut request = self.client.request(method, url).header("content-type", "application/json").body(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        request.send().await.unwrap()
    }

    /// Sends a request without the token, with these headers, as a browser does.
    pub async fn browser_request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> Response {
        let url = format!("{}/{path}", self.bss.stack.portal_url());
        let request = self.client.request(method, url).body(body.to_owned());
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send().await.unwrap()
    }

    /// Sends a request. Returns the status and the JSON.
    pub async fn send(&self, method: Method, path: &str, body: String) -> (u16, Value) {
        let (status, answer) = self.bss.read(self.request(method, path, body).await).await;
        let text = answer.to_string();
        for secret in secrets() {
            assert!(!text.contains(&secret), "a key in an answer: {text}");
        }
        (status, answer)
    }

    /// Sends a `GET` that must succeed.
    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send(Method::GET, path, String::new()).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Sends a `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(Method::POST, path, body.to_string()).await
    }

    /// Sends a `POST` that must succeed.
    pub async fn done(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }

    /// Sends a `POST` that must fail with `code`. Returns its message without the reference.
    pub async fn refused(&self, code: ErrorCode, path: &str, body: &Value) -> String {
        let answer = self.post(path, body).await;
        assert_refused(code, &answer);
        without_reference(answer.1["message"].as_str().unwrap()).to_owned()
    }

    /// Sends a `GET` that must fail with `code`. Returns its message without the reference.
    pub async fn refused_get(&self, code: ErrorCode, path: &str) -> String {
        let answer = self.send(Method::GET, path, String::new()).await;
        assert_refused(code, &answer);
        without_reference(answer.1["message"].as_str().unwrap()).to_owned()
    }

    /// Sends a `POST` that must fail with errors of exactly `fields`. Returns the message of the first.
    pub async fn invalid_fields(&self, fields: &[&str], path: &str, body: &Value) -> String {
        let answer = self.post(path, body).await;
        assert_refused(ErrorCode::FieldsInvalid, &answer);
        let errors = answer.1["fields"].as_object().unwrap();
        let mut expected = fields.to_vec();
        expected.sort_unstable();
        assert_eq!(errors.keys().collect::<Vec<_>>(), expected, "{path} {body}: {answer:?}");
        assert!(
            errors.values().all(|errors| errors.as_str().unwrap().len() > 15),
            "a message is too short: {answer:?}"
        );
        errors[fields[0]].as_str().unwrap().to_owned()
    }

    /// Has what is pending tried again a minute later: only a second refusal of the keys is believed.
    pub async fn retries_a_minute_later(&self) {
        assert_eq!(self.row().await["state"], "pending", "one refusal proves nothing");
        self.bss.stack.clock.advance(SignedDuration::from_mins(1));
        self.done(RETRY, &json!({})).await;
    }

    /// Returns the rows of the list `{name}/list`, which has one page.
    pub async fn list(&self, name: &str) -> Value {
        let page = self.get(&format!("{name}/list")).await;
        assert_eq!(page.get("next"), None, "{page}");
        page[name].clone()
    }

    /// Returns the rows of the pages of the list `{name}/list`, each of at most `limit` rows.
    pub async fn pages(&self, name: &str, limit: usize) -> Vec<Vec<Value>> {
        let pages = self.pages_of(&format!("{name}/list"), limit).await;
        pages.iter().map(|page| page[name].as_array().unwrap().clone()).collect()
    }

    /// Returns the pages of the list at `path`, each of at most `limit` rows.
    pub async fn pages_of(&self, path: &str, limit: usize) -> Vec<Value> {
        let (mut pages, mut after) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}?limit={limit}{after}")).await;
            let next = page["next"].as_str().map(|next| format!("&after={next}"));
            pages.push(page);
            match next {
                Some(next) => after = next,
                None => return pages,
            }
        }
    }

    /// Returns the rows of `additions/list`.
    pub async fn rows(&self) -> Vec<Value> {
        self.list("additions").await.as_array().unwrap().clone()
    }

    /// Returns the only row of `additions/list`.
    pub async fn row(&self) -> Value {
        let rows = self.rows().await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    }

    /// Asserts that the only row of `additions/list` has failed. Returns its reason, without the reference, and its
    /// required action.
    pub async fn failed(&self) -> (String, String) {
        let row = self.row().await;
        assert_eq!(row["state"], "failed", "{row}");
        (
            without_reference(row["reason"].as_str().unwrap()).to_owned(),
            row["requiredAction"].as_str().unwrap().to_owned(),
        )
    }
}

/// Asserts that the response has `code` and a message.
pub fn assert_refused(code: ErrorCode, (got, answer): &(u16, Value)) {
    let expected = json!({
        "code": code.number(), "message": answer["message"].clone(), "fields": answer["fields"].clone(),
    });
    assert_eq!((*got, answer), (portal_status(code).as_u16(), &expected));
    assert!(
        answer["message"].as_str().unwrap().len() > 15 && answer["fields"].is_object(),
        "the message is too short: {answer}"
    );
}

/// Returns the texts that no response and no item may contain: the keys, in plain text and encoded as in the header.
pub fn secrets() -> Vec<String> {
    let whole = BASE64_STANDARD.encode(format!("demo+{PUBLIC_KEY}:{PRIVATE_KEY}"));
    let encoded = [PUBLIC_KEY, PRIVATE_KEY].map(|key| BASE64_STANDARD.encode(key).trim_end_matches('=').to_owned());
    [PUBLIC_KEY.to_owned(), PRIVATE_KEY.to_owned(), whole].into_iter().chain(encoded).collect()
}

/// Replaces the values that differ between runs: timestamps and the MSP's application id.
pub fn masked(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(masked).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = match name.as_str() {
                    "application" => json!("[application]"),
                    "updatedAt" | "linkedAt" => json!("[time]"),
                    "reason" => json!(without_reference(value.as_str().unwrap())),
                    _ => masked(value),
                };
                (name, value)
            })
            .collect(),
        other => other,
    }
}
