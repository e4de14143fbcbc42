//! An MSP as the portal sees it: it signs in, sets up its ConnectWise, and sells; and the hand of a person who changes things
//! in ConnectWise itself. It is May 2031 at first, and all days that are told below are counted from there.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use reqwest::{Client, Method};
use sandbox::background;
use sandbox::connectwise::{Member, Role};
use sandbox::dropsuite::{PARTNERS, Partner};
use sandbox::stack::{CLIENT_ID, Options};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::runtime::status::portal_status;

use crate::client::{BACKUP, Bss, ORGANIZATION, account, merged, service};

/// When it begins: noon in the MSP's zone, Eastern Standard Time.
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

/// A company, and its agreement that is active and not invoiced yet for this month.
pub const ACME: u32 = 19;
pub const MANAGED: u32 = 101;
/// Another one, and its agreement that is invoiced up to the end of this month.
pub const BLUE_LIGHT: u32 = 20;
pub const BLUE_BACKUP: u32 = 104;

/// An MSP and the stack on which it calls. Clones call the same one, with the same session.
#[derive(Clone)]
pub struct Msp {
    /// The BSS of the same partner, and what there is at the vendor.
    pub bss: Bss,
    partner: Partner,
    token: Option<String>,
    client: Client,
}

impl Msp {
    /// An MSP that is not signed in, on a stack of its own.
    pub async fn start() -> Self {
        Self::on(Bss::start_with(Options { stream: true, ..Options::from_env() }).await)
    }

    /// The same on a stack that runs already, which it takes to [`NOON`].
    pub fn on(bss: Bss) -> Self {
        let stack = &bss.stack;
        let noon: Timestamp = NOON.parse().unwrap();
        stack.clock.advance(noon.duration_since(stack.clock.now()));
        stack.connectwise.reset().unwrap();
        let (public_key, private_key) = (PUBLIC_KEY.to_owned(), PRIVATE_KEY.to_owned());
        let member = Member { identifier: "Portal".to_owned(), public_key, private_key, role: Role::integration() };
        stack.connectwise.enlist(member).unwrap();
        Self { bss, partner: PARTNERS[0], token: None, client: Client::builder().no_proxy().build().unwrap() }
    }

    /// Signed in.
    pub async fn signed_in() -> Self {
        Self::start().await.in_session().await
    }

    /// Signed in, with its ConnectWise set up.
    pub async fn set_up() -> Self {
        let msp = Self::signed_in().await;
        msp.sets_up().await;
        msp
    }

    /// [`set_up`](Self::set_up), with the plan of [`plan`]; none where there may be no stream, and so no additions.
    pub async fn billing() -> Option<Self> {
        let msp = Self::set_up().await;
        msp.done(CREATE_PLAN, &plan(json!({}))).await;
        msp.bss.has_own_engine("it may have no stream, and additions are left out").then_some(msp)
    }

    /// [`billing`](Self::billing), with the order of [`order`].
    pub async fn with_tenant() -> Option<Self> {
        let msp = Self::billing().await?;
        msp.done(ORDER, &order(json!({}))).await;
        msp.settled().await;
        Some(msp)
    }

    /// Steps 1 and 2.
    pub async fn sets_up(&self) {
        self.done(CREDENTIALS, &credentials(json!({}))).await;
        self.done(SAVE, &choices(json!({}))).await;
    }

    /// The same in a session of its own.
    pub async fn in_session(&self) -> Self {
        let session = self.done(SIGN_IN, &self.tokens()).await;
        self.with_token(Some(session["token"].as_str().unwrap()))
    }

    /// The same with whatever session.
    pub fn with_token(&self, token: Option<&str>) -> Self {
        Self { token: token.map(str::to_owned), ..self.clone() }
    }

    /// Another MSP on the same stack, signed in.
    pub async fn other(&self) -> Self {
        Self { partner: PARTNERS[1], token: None, ..self.clone() }.in_session().await
    }

    /// What it signs in with.
    pub fn tokens(&self) -> Value {
        json!({"resellerToken": self.partner.reseller_token, "accessToken": self.partner.admin_token})
    }

    /// The same at another moment, in a session of then.
    pub async fn at(&self, moment: &str) -> Self {
        let moment: Timestamp = moment.parse().unwrap();
        self.bss.stack.clock.advance(moment.duration_since(self.bss.stack.clock.now()));
        self.in_session().await
    }

    /// Waits until everything that was sold so far is billed, or said why not. What fails is delivered a few times, which
    /// may take longer than the stream itself waits.
    pub async fn settled(&self) {
        let additions = self.bss.stack.additions.as_ref().unwrap();
        assert!(additions.settled().await || additions.settled().await, "the stream is not worked off in time");
    }

    /// Has the organizations looked at and, if somebody reads the stream, waits until the tickets are as they should be, or said
    /// why not.
    pub async fn looked_at(&self) {
        let stack = &self.bss.stack;
        background::monitor(&stack.app).await.unwrap();
        background::check(&stack.app, &stack.queues).await.unwrap();
        if stack.tickets.is_some() {
            self.tickets_settled().await;
        }
    }

    /// Waits until the tickets are as they should be, or said why not.
    pub async fn tickets_settled(&self) {
        let tickets = self.bss.stack.tickets.as_ref().unwrap();
        assert!(tickets.settled().await || tickets.settled().await, "the stream is not worked off in time");
    }

    /// ConnectWise answers calls to `path` with a page for people, as during maintenance.
    pub fn in_maintenance(&self, path: &str) {
        self.faults(json!([{"path": path, "status": 200, "body": "<html>Maintenance</html>"}]));
    }

    /// Sends anything: the status and the JSON.
    pub async fn send(&self, method: Method, path: &str, body: String) -> (u16, Value) {
        let url = format!("{}/{path}", self.bss.stack.portal_url());
        let mut request = self.client.request(method, url).header("content-type", "application/json").body(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let (status, answer) = self.bss.read(request.send().await.unwrap()).await;
        let text = answer.to_string();
        for secret in secrets() {
            assert!(!text.contains(&secret), "a key in an answer: {text}");
        }
        (status, answer)
    }

    /// A `GET` that succeeds.
    pub async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send(Method::GET, path, String::new()).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// A `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(Method::POST, path, body.to_string()).await
    }

    /// A `POST` that succeeds.
    pub async fn done(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }

    /// A `POST` that is refused with `code`: its message.
    pub async fn refused(&self, code: ErrorCode, path: &str, body: &Value) -> String {
        let answer = self.post(path, body).await;
        assert_refused(code, &answer);
        answer.1["message"].as_str().unwrap().to_owned()
    }

    /// A `GET` that is refused with `code`: its message.
    pub async fn refused_get(&self, code: ErrorCode, path: &str) -> String {
        let answer = self.send(Method::GET, path, String::new()).await;
        assert_refused(code, &answer);
        answer.1["message"].as_str().unwrap().to_owned()
    }

    /// A `POST` that is refused because of `fields`, and of no others: what is said of the first.
    pub async fn faulty(&self, fields: &[&str], path: &str, body: &Value) -> String {
        let answer = self.post(path, body).await;
        assert_refused(ErrorCode::FieldsInvalid, &answer);
        let said = answer.1["fields"].as_object().unwrap();
        let mut expected = fields.to_vec();
        expected.sort_unstable();
        assert_eq!(said.keys().collect::<Vec<_>>(), expected, "{path} {body}: {answer:?}");
        assert!(said.values().all(|said| said.as_str().unwrap().len() > 15), "says nothing: {answer:?}");
        said[fields[0]].as_str().unwrap().to_owned()
    }

    /// What there is of a kind in ConnectWise.
    pub fn held(&self, noun: &str) -> Vec<Value> {
        self.bss.stack.connectwise.state_json()[noun].as_array().cloned().unwrap_or_default()
    }

    /// The products that we made, in the order in which they were made.
    pub fn products(&self) -> Vec<Value> {
        let ours = |item: &Value| item["identifier"].as_str().unwrap().starts_with("euwest.");
        self.held("catalogItem").into_iter().filter(ours).collect()
    }

    /// The number of a plan's product.
    pub fn product(&self, plan: &str) -> u32 {
        let identifier = format!("euwest.{plan}");
        let product = self.products().into_iter().find(|item| item["identifier"] == identifier).unwrap();
        u32::try_from(product["id"].as_u64().unwrap()).unwrap()
    }

    /// The additions of our products in ConnectWise, of all agreements, in the order in which they were made.
    pub fn lines(&self) -> Vec<Value> {
        let ours: Vec<_> = self.products().iter().map(|item| item["id"].clone()).collect();
        self.held("addition").into_iter().filter(|row| ours.contains(&row["product"]["id"])).collect()
    }

    /// The tickets that we made, in the order in which they were made.
    pub fn tickets(&self) -> Vec<Value> {
        let ours = |ticket: &Value| ticket["externalXRef"].as_str().is_some_and(|key| key.starts_with("euwest."));
        self.held("ticket").into_iter().filter(ours).collect()
    }

    /// The only one.
    pub fn line(&self) -> Value {
        let lines = self.lines();
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines[0].clone()
    }

    /// The changes that ConnectWise was asked for so far, oldest first.
    pub fn writes(&self) -> Vec<String> {
        let calls = self.bss.stack.connectwise.calls().into_iter().filter(|call| call.method != "GET");
        calls.map(|call| format!("{} {}", call.method, call.path.split("/3.0/").last().unwrap())).collect()
    }

    /// Does something in ConnectWise by hand: its answer.
    pub async fn by_hand(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("{}/{path}", self.bss.stack.connectwise_url);
        let request = self.client.request(method, url).basic_auth("demo+pub-admin", Some("priv-admin"));
        let response = request.header("clientId", CLIENT_ID).json(body).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Sets a field of an addition by hand.
    pub async fn sets(&self, agreement: u32, addition: &Value, field: &str, value: Value) {
        let patch = json!([{"op": "replace", "path": field, "value": value}]);
        self.by_hand(Method::PATCH, &addition_path(agreement, addition), &patch).await;
    }

    /// Deletes an addition by hand.
    pub async fn deletes(&self, agreement: u32, addition: &Value) {
        self.by_hand(Method::DELETE, &addition_path(agreement, addition), &json!({})).await;
    }

    /// Adds an addition by hand: its number.
    pub async fn adds(&self, agreement: u32, product: u32, quantity: u32) -> Value {
        let addition = json!({"product": {"id": product}, "quantity": quantity, "billCustomer": "Billable",
            "effectiveDate": "2031-06-01T00:00:00Z"});
        self.by_hand(Method::POST, &format!("finance/agreements/{agreement}/additions"), &addition).await["id"].clone()
    }

    /// Invoices the next period of an agreement.
    pub async fn invoices(&self, agreement: u32) {
        let host = self.bss.stack.connectwise_url.split("/v4").next().unwrap().to_owned();
        let url = format!("{host}/_sandbox/agreements/{agreement}/invoice");
        assert!(self.client.post(url).send().await.unwrap().status().is_success());
    }

    /// Fault rules for ConnectWise.
    pub fn faults(&self, rules: Value) {
        self.bss.stack.connectwise.faults().set(serde_json::from_value(rules).unwrap());
    }

    /// The rows of `additions/list`.
    pub async fn rows(&self) -> Vec<Value> {
        self.get("additions/list").await.as_array().unwrap().clone()
    }

    /// The only one.
    pub async fn row(&self) -> Value {
        let rows = self.rows().await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        rows[0].clone()
    }

    /// The only row of `additions/list` has failed, and says why and what is to be done.
    pub async fn failed(&self) -> (String, String) {
        let row = self.row().await;
        assert_eq!(row["state"], "failed", "{row}");
        (row["reason"].as_str().unwrap().to_owned(), row["requiredAction"].as_str().unwrap().to_owned())
    }
}

fn addition_path(agreement: u32, addition: &Value) -> String {
    format!("finance/agreements/{agreement}/additions/{addition}")
}

/// `answer` says `code`, and what is to be done.
pub fn assert_refused(code: ErrorCode, (got, answer): &(u16, Value)) {
    let expected = json!({
        "code": code.number(), "message": answer["message"].clone(), "fields": answer["fields"].clone(),
    });
    assert_eq!((*got, answer), (portal_status(code).as_u16(), &expected));
    assert!(answer["message"].as_str().unwrap().len() > 15 && answer["fields"].is_object(), "says nothing: {answer}");
}

/// What no answer and no item may hold: the keys, in clear and as they travel.
pub fn secrets() -> Vec<String> {
    let whole = BASE64_STANDARD.encode(format!("demo+{PUBLIC_KEY}:{PRIVATE_KEY}"));
    let encoded = [PUBLIC_KEY, PRIVATE_KEY].map(|key| BASE64_STANDARD.encode(key).trim_end_matches('=').to_owned());
    [PUBLIC_KEY.to_owned(), PRIVATE_KEY.to_owned(), whole].into_iter().chain(encoded).collect()
}

/// `value` with what is another in each run replaced: moments, and the MSP's own installation.
pub fn steady(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(steady).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = match name.as_str() {
                    "application" => json!("[application]"),
                    "updatedAt" | "linkedAt" => json!("[time]"),
                    _ => steady(value),
                };
                (name, value)
            })
            .collect(),
        other => other,
    }
}

/// Step 1, merged with `more`.
pub fn credentials(more: Value) -> Value {
    let credentials = json!({
        "siteUrl": "na.myconnectwise.net", "companyIdentifier": "demo", "publicKey": PUBLIC_KEY,
        "privateKey": PRIVATE_KEY,
    });
    merged(credentials, more)
}

/// Step 2, merged with `more`.
pub fn choices(more: Value) -> Value {
    merged(json!({"board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14}), more)
}

/// The plan [`BACKUP`], merged with `more`.
pub fn plan(more: Value) -> Value {
    let plan = json!({
        "name": "Business Backup", "productType": "backup", "price": 3.5, "currency": "EUR", "periodicity": "monthly",
        "category": 1, "subcategory": 11, "type": 1,
    });
    merged(plan, more)
}

/// Another plan with a product type of one plan: [`ARCHIVER`](crate::client::ARCHIVER), merged with `more`.
pub fn archiver(more: Value) -> Value {
    plan(merged(json!({"name": "Archiver", "productType": "archive", "price": 6}), more))
}

/// Three seats of [`plan`] for [`BLUE_LIGHT`], merged with `more`.
pub fn order(more: Value) -> Value {
    let order = json!({
        "email": "gordon@bluelight.example", "firstName": "Gordon", "lastName": "Packard", "company": BLUE_LIGHT,
        "plan": BACKUP, "country": "US", "seats": 3, "businessName": "Blue Light", "agreement": BLUE_BACKUP,
        "sendSignInDetails": true,
    });
    merged(order, more)
}

/// Which company.
pub fn company(id: u32) -> Value {
    json!({"company": id})
}

/// The subscription of the BSS's account 1001, linked with [`BLUE_LIGHT`], merged with `more`.
pub fn link(more: Value) -> Value {
    merged(json!({"organization": ORGANIZATION, "company": BLUE_LIGHT, "agreement": BLUE_BACKUP}), more)
}

/// Sells five seats through the BSS.
pub async fn sells(bss: &Bss) {
    bss.done("accounts/synchronize", &account(json!({}))).await;
    bss.done("subscriptions/create", &service(json!({}))).await;
}
