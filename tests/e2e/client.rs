//! A client that acts as the BSS: credentials, requests, and access to the resulting state at the vendor and in the
//! table.

mod table;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use conformance::schema::answer_faults;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Client, Method, Response};
use sandbox::dropbox;
use sandbox::dropsuite::{PARTNERS, Partner};
use sandbox::faults::Rule;
use sandbox::stack::{API_KEY, APPLICATION_ID, Options, SECOND_API_KEY, SECOND_APPLICATION_ID, Stack};
use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::provisioning::recovery::{self, Config, Report};
use service_manager::runtime::status::bss_status;
use service_manager::vendor::VendorName;
pub use table::cut_off;

/// Backup, EUR, monthly: the cheapest plan, which a new organization gets.
pub const BACKUP: &str = "16921-6-3378-14";
/// Backup, EUR, yearly.
pub const BACKUP_YEARLY: &str = "16921-6-3379-14";
/// Backup, USD, monthly.
pub const BACKUP_USD: &str = "16921-6-3380-14";
/// Backup and archive, EUR, monthly.
pub const ARCHIVER: &str = "16921-6-3382-14";
/// 5 GB, EUR, monthly.
pub const PERSONAL: &str = "16921-6-3386-14";
/// 10 GB, EUR, monthly.
pub const PERSONAL_LARGE: &str = "16921-6-3387-14";
/// A plan with an unknown product type.
pub const VAULT: &str = "16921-6-3388-14";

/// The first organization that the sandbox creates.
pub const ORGANIZATION: &str = "440032-6";
/// The subscription of [`service`] if it is the first organization's.
pub const SUBSCRIPTION: &str = "440032-6.S1";

const API_KEY_HEADER: &str = "bG9jYWwtZGVtby1rZXk=";

/// Returns the options of a stack whose calls of ConnectWise are not spaced in time, for tests that make hundreds.
pub fn without_rate_limit() -> Options {
    Options { connectwise_requests_per_minute: NonZeroU32::new(60_000), ..Options::from_env() }
}

/// An installation of the BSS, and the stack that it calls. Clones call the same stack.
#[derive(Clone)]
pub struct Bss {
    /// The stack that it calls.
    pub stack: Arc<Stack>,
    /// The headers of each request.
    pub headers: HeaderMap,
    client: Client,
}

impl Bss {
    /// Starts a stack, and returns a client with the demo's credentials.
    pub async fn start() -> Self {
        Self::start_with(Options::from_env()).await
    }

    /// [`start`](Self::start), with the account of [`account`] synchronized.
    pub async fn with_account() -> Self {
        let bss = Self::start().await;
        bss.done("accounts/synchronize", &account(json!({}))).await;
        bss
    }

    /// [`with_account`](Self::with_account), with the subscription of [`service`] ordered.
    pub async fn with_subscription() -> Self {
        let bss = Self::with_account().await;
        bss.done("subscriptions/create", &service(json!({}))).await;
        bss
    }

    /// [`start`](Self::start) with other options and the settings of their vendor. Port and table are chosen here.
    pub async fn start_with(options: Options) -> Self {
        Self::start_before(Options { dropsuite: None, dropbox: None, connectwise: None, ..options }).await
    }

    /// [`start_with`](Self::start_with), but with the vendor URLs of the options.
    pub async fn start_before(options: Options) -> Self {
        let options = Options { port: 0, data: None, ..options }.with_own_table();
        let bss = Self {
            stack: Arc::new(Stack::start(&options).await.unwrap()),
            headers: HeaderMap::new(),
            client: sandbox::http_client().unwrap(),
        };
        let bss = bss
            .with("x-cloudplatform-applicationid", APPLICATION_ID)
            .with("x-cloudplatform-apikey", API_KEY_HEADER)
            .with("x-cloudplatform-trackid", "e2e");
        match options.vendor {
            VendorName::Dropsuite => bss.of_partner(PARTNERS[0]),
            VendorName::Dropbox => bss.of_distributor(dropbox::PARTNERS[0]),
        }
    }

    /// Returns a clone with another header.
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut bss = self.clone();
        bss.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        bss
    }

    /// Returns a clone without a header.
    pub fn without(&self, name: &str) -> Self {
        let mut bss = self.clone();
        bss.headers.remove(name);
        bss
    }

    /// Returns a clone with another Dropsuite partner's settings.
    pub fn of_partner(&self, partner: Partner) -> Self {
        self.with("x-cloudplatform-setting-resellertoken", partner.reseller_token)
            .with("x-cloudplatform-setting-accesstoken", partner.admin_token)
    }

    /// Returns a clone of a second installation, with the same settings.
    pub fn second_installation(&self) -> Self {
        let key = base64::prelude::BASE64_STANDARD.encode(SECOND_API_KEY);
        self.with("x-cloudplatform-applicationid", SECOND_APPLICATION_ID).with("x-cloudplatform-apikey", &key)
    }

    /// Returns a clone whose settings name the second host of Dropsuite.
    pub fn at_second_host(&self) -> Self {
        self.with("x-cloudplatform-setting-apiurl", &self.stack.second_dropsuite.as_ref().unwrap().url())
    }

    /// Returns a clone with a Dropbox distributor's settings.
    pub fn of_distributor(&self, distributor: dropbox::Partner) -> Self {
        self.with("x-cloudplatform-setting-apikey", distributor.user)
            .with("x-cloudplatform-setting-apisecret", distributor.password)
            .with("x-cloudplatform-setting-distributorid", distributor.distributor_id)
    }

    /// Sends a request.
    pub async fn send(&self, method: Method, path: &str, body: impl Into<Body>) -> Response {
        let url = format!("{}/{path}", self.stack.base_url);
        let request = self.client.request(method, url).headers(self.headers.clone());
        request.header("content-type", "application/json").body(body).send().await.unwrap()
    }

    /// Returns status and JSON of a response, which must be as `openapi.json` describes it. The vendor's address, which
    /// differs between tests, is replaced.
    pub async fn read(&self, response: Response) -> (u16, Value) {
        let (status, path) = (response.status().as_u16(), response.url().path().to_owned());
        assert_eq!(response.headers()["content-type"], "application/json");
        let vendor = self.stack.dropsuite_url.trim_end_matches("/api");
        let text = response.text().await.unwrap().replace(vendor, "https://vendor");
        let secrets = PARTNERS.iter().flat_map(|partner| [partner.reseller_token, partner.admin_token]);
        let passwords = dropbox::PARTNERS.iter().map(|partner| partner.password);
        for secret in secrets.chain(passwords).chain([API_KEY, API_KEY_HEADER]) {
            assert!(!text.contains(secret), "a secret in an answer: {text}");
        }
        let answer = serde_json::from_str(&text).unwrap();
        let differences = answer_faults(&path, status, &answer);
        assert!(differences.is_empty(), "{path} answers {status} with {text}: {differences:#?}");
        (status, answer)
    }

    /// Sends a `GET`.
    pub async fn get(&self, path: &str) -> (u16, Value) {
        self.read(self.send(Method::GET, path, "").await).await
    }

    /// Sends a `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.read(self.send(Method::POST, path, body.to_string()).await).await
    }

    /// Sends a `POST` whose response must have the status 200.
    pub async fn answer(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Sends a `POST` that must succeed. Returns its `Result`.
    pub async fn done(&self, path: &str, body: &Value) -> String {
        let answer = self.answer(path, body).await;
        assert_eq!(answer["Code"], 0, "{path}: {answer}");
        answer["Result"].as_str().unwrap().to_owned()
    }

    /// Sends a `POST` that must fail with `code`. Returns its `Message` without the reference.
    pub async fn refused(&self, code: ErrorCode, path: &str, body: &Value) -> String {
        let (status, answer) = self.post(path, body).await;
        let message = answer["Message"].as_str().unwrap_or_default().to_owned();
        let number = code.number();
        let expected = json!({
            "Code": number, "Message": message, "Result": "", "ErrorCode": number, "ErrorMessage": message,
        });
        assert_eq!((status, &answer), (bss_status(code).as_u16(), &expected), "{path} {body}");
        assert!(message.len() > 15, "the message is too short: {answer}");
        without_reference(&message).to_owned()
    }

    /// Creates an organization as the vendor's portal does. Returns its id.
    pub async fn in_portal(&self, organization: Value) -> String {
        let url = format!("{}/_sandbox/organizations", self.stack.dropsuite_url.trim_end_matches("/api"));
        let sent = self.client.post(url).json(&organization).send().await.unwrap();
        assert_eq!(sent.status(), 201);
        sent.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Makes a call of Dropsuite's API with a partner's tokens, as another program of the partner does.
    pub async fn as_partner(&self, partner: &Partner, method: Method, path: &str) {
        let url = format!("{}/{path}", self.stack.dropsuite_url);
        let request = self.client.request(method, url).header("x-reseller-token", partner.reseller_token);
        let sent = request.header("x-access-token", partner.admin_token).send().await.unwrap();
        assert!(sent.status().is_success(), "{path}: {}", sent.status());
    }

    /// Changes an object of Dropsuite's API with a partner's tokens, as the vendor's portal does.
    pub async fn changes_as_partner(&self, partner: &Partner, path: &str, body: &Value) {
        let url = format!("{}/{path}", self.stack.dropsuite_url);
        let request = self.client.put(url).header("x-reseller-token", partner.reseller_token);
        let sent = request.header("x-access-token", partner.admin_token).json(body).send().await.unwrap();
        assert!(sent.status().is_success(), "{path}: {}", sent.status());
    }

    /// Runs the recovery job half an hour later.
    pub async fn recover(&self) -> Report {
        self.stack.clock.advance(SignedDuration::from_mins(30));
        recovery::run(&self.stack.app, &Config::default(), "recovery", Duration::from_mins(1)).await.unwrap()
    }

    /// Changes an organization as the vendor or its users would.
    pub async fn at_vendor(&self, id: &str, change: Value) {
        let url = format!("{}/_sandbox/organizations/{id}", self.stack.dropsuite_url.trim_end_matches("/api"));
        assert_eq!(self.client.patch(url).json(&change).send().await.unwrap().status(), 200);
    }

    /// Adds a row to a list of an organization, as the vendor's portal does: `tenants` or `logins`.
    pub async fn add_at_vendor(&self, id: &str, list: &str, row: Value) {
        let url = format!("{}/_sandbox/organizations/{id}/{list}", self.stack.dropsuite_url.trim_end_matches("/api"));
        assert_eq!(self.client.post(url).json(&row).send().await.unwrap().status(), 201);
    }

    /// Sets fault rules for the vendor.
    pub fn vendor_faults(&self, rules: Value) {
        let rules: Vec<Rule> = serde_json::from_value(rules).unwrap();
        self.stack.dropsuite.faults().set(rules);
    }

    /// Returns all organizations at the vendor.
    pub fn organizations(&self) -> Vec<Value> {
        self.stack.dropsuite.state_json()["organizations"].as_array().unwrap().clone()
    }

    /// Returns one organization at the vendor, reduced to the members of `like`.
    pub fn organization(&self, id: &str, like: &Value) -> Value {
        let all = self.organizations();
        let found = all.iter().find(|organization| organization["id"] == id).unwrap();
        like.as_object().unwrap().keys().map(|name| (name.clone(), found[name].clone())).collect()
    }

    /// Asserts that the vendor has the organization with these members.
    pub fn assert_at_vendor(&self, id: &str, expected: &Value) {
        assert_eq!(self.organization(id, expected), *expected);
    }

    /// Returns the changes sent to the vendor so far, oldest first.
    pub fn writes(&self) -> Vec<String> {
        let calls = self.stack.dropsuite.calls().into_iter().filter(|call| call.method != "GET");
        calls.map(|call| format!("{} {}", call.method, call.path.trim_start_matches("/api/"))).collect()
    }

    /// Returns all items of the table.
    pub async fn table(&self) -> Vec<Value> {
        self.stack.dynamodb.items(&self.stack.table).await.unwrap()
    }

    /// Returns the changes sent to the vendor, and its organizations.
    pub fn vendor(&self) -> (Vec<String>, Vec<Value>) {
        (self.writes(), self.organizations())
    }

    /// Returns the state that a call may change: at the vendor, and in the table.
    pub async fn effects(&self) -> ((Vec<String>, Vec<Value>), Vec<Value>) {
        (self.vendor(), self.table().await)
    }
}

/// Returns `true` for an entry of a history.
pub fn is_history(item: &Value) -> bool {
    item["sk"]["S"].as_str().is_some_and(|key| key.starts_with("history#"))
}

/// Returns a direct customer, merged with `more`.
pub fn account(more: Value) -> Value {
    merged(
        json!({
            "ID": "1001", "ExternalID": "", "Name": "Contoso", "Email": "it@contoso.example",
            "SyncOptions": {"username": "it@contoso.example", "role": "1"},
            "ContactDetails": {"FirstName": "Ann", "LastName": "Lee"},
            "Address": {"Country": {"Code": "DE", "Name": "Germany"}},
        }),
        more,
    )
}

/// Returns a reseller, merged with `more`.
pub fn reseller(more: Value) -> Value {
    let reseller = json!({
        "ID": "2001", "ResellerID": "2001", "Name": "Resell", "Email": "it@resell.example",
        "SyncOptions": {"username": "it@resell.example", "role": "2"},
    });
    account(merged(reseller, more))
}

/// Returns a subscription of [`account`] to five seats of backup, merged with `more`.
pub fn service(more: Value) -> Value {
    merged(
        json!({
            "ID": "", "SubscriptionID": "S1", "ServiceType": "backup", "ActionType": "Provision", "Quantity": 5,
            "Account": account(json!({})), "AttributeList": {"plan": {"ID": "plan", "Code": BACKUP}}, "Addons": [],
        }),
        more,
    )
}

/// Returns [`service`] with its external id and `seats`, as sent after the first order.
pub fn known_service(seats: u32, more: Value) -> Value {
    service(merged(json!({"ID": SUBSCRIPTION, "ActionType": "None", "Quantity": seats}), more))
}

/// Returns a list of one add-on.
pub fn addon(code: &str, quantity: u32, action: &str) -> Value {
    json!([{"ProductID": code, "Quantity": quantity, "ActionType": action}])
}

/// Returns the upgrade relations of the definitions, as pairs of product ids. Each is listed once.
pub fn offered_changes(definitions: &Value) -> BTreeSet<(String, String)> {
    let types = definitions["ProductTypes"].as_array().unwrap().iter();
    let products = types.flat_map(|product_type| product_type["ProductsCollection"]["Products"].as_array().unwrap());
    let mut changes = BTreeSet::new();
    for product in products {
        for related in product["RelatedProducts"].as_array().unwrap() {
            assert_eq!(related["Relation"], 5, "{product}");
            let [from, to] = [&product["ID"], &related["ProductID"]].map(|id| id.as_str().unwrap().to_owned());
            assert!(changes.insert((from, to)), "listed twice: {product}");
        }
    }
    changes
}

/// Returns the response of a successful call for a subscription or an add-on.
pub fn provisioned(id: &str) -> Value {
    json!({
        "Code": 0, "Message": "", "Result": id, "ErrorCode": 0, "ErrorMessage": "",
        "AccountExtraInfo": {}, "CustomFieldValues": {}, "SendNotification": false, "ExtraInfo": null,
    })
}

/// Returns [`provisioned`] with a message.
pub fn provisioned_with(id: &str, message: &str) -> Value {
    merged(provisioned(id), json!({"Message": message, "ErrorMessage": message}))
}

/// Returns the message of an answer for a trial that ends at `end`.
pub fn trial_until(end: Timestamp) -> String {
    let day = end.strftime("%Y-%m-%d");
    format!("The trial ends on {day}. Convert it to a paid subscription before, or cancel it.")
}

/// Returns a message without the reference at its end, which it must have.
pub fn without_reference(message: &str) -> &str {
    let (text, reference) = message.rsplit_once(" Reference: ").unwrap_or_default();
    assert!(reference.len() == 10 && reference.chars().all(|digit| digit.is_ascii_hexdigit()), "{message}");
    text
}

/// Returns a response of `accounts/exists` or `accounts/delete`.
pub fn result(code: i32, message: &str, id: &str) -> Value {
    json!({"Code": code, "Message": message, "Result": id, "ErrorCode": code, "ErrorMessage": message})
}

/// Merges `more` into `base`: objects member by member, other values by replacement.
pub fn merged(mut base: Value, more: Value) -> Value {
    match (&mut base, more) {
        (Value::Object(base), Value::Object(more)) => {
            for (name, value) in more {
                let known = base.remove(&name).unwrap_or_default();
                base.insert(name, merged(known, value));
            }
        }
        (base, more) => *base = more,
    }
    base
}
