//! An MSP's story in the portal, from its session to the end of its subscriptions. The tests of the `OpenAPI`
//! description and of the binaries use it, and the local stack that the binaries are compared with.

mod parts;

use std::collections::BTreeMap;
use std::time::Duration;

use sandbox::identity::IdentitySandbox;
use sandbox::stack::{APPLICATION_ID, Stack};
use serde_json::{Value, json};
use service_manager::domain::msp::MspId;
use service_manager::endpoints::{self, Access, Endpoint};
use service_manager::workers::additions;

use crate::event::{self, Request, merge};
use crate::{Error, root};

/// The MSP's tokens at the vendor.
pub const TOKENS: [&str; 2] = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"];

/// The MSP's private key at `ConnectWise`.
pub const PRIVATE_KEY: &str = "priv";

/// The plan that is sold in the portal, and another one.
const PLANS: [&str; 2] = ["16921-6-3378-14", "16921-6-3382-14"];

/// A person of the identity provider.
const PERSON: &str = "zoe@msp.example";

/// Members of the portal and of `ConnectWise` with timestamps, which differ between runs.
const TIMES: [&str; 9] =
    ["expiresAt", "endsAt", "linkedAt", "updatedAt", "dateEntered", "lastUpdated", "startedAt", "at", "createdAt"];

/// A step of the story.
#[derive(Debug)]
pub enum Step {
    /// A request to an endpoint.
    Ask(Ask),
    /// A stream event of the subscription in this partition.
    Stream(&'static str),
}

/// A request. Its body has `<placeholders>` for values that are known only when it is sent.
#[derive(Debug)]
pub struct Ask {
    /// The endpoint: usually the portal's, otherwise the BSS's.
    pub endpoint: &'static Endpoint,
    /// The query, without its question mark.
    pub query: &'static str,
    /// The body. For an endpoint of the BSS, the differences from its event file.
    pub body: Option<Value>,
}

/// Returns the story.
///
/// # Errors
/// It calls an endpoint that does not exist.
pub fn story() -> Result<Vec<Step>, Error> {
    let [plan, other] = PLANS;
    let [reseller, access] = TOKENS;
    let company = json!({ "company": 20 });
    let sign_in = || {
        let tokens = json!({ "resellerToken": reseller, "accessToken": access, "apiUrl": "<api>" });
        post("portal/session/create", tokens)
    };
    let mut steps = vec![
        sign_in()?,
        post("portal/session/delete", json!({}))?,
        sign_in()?,
        post(
            "portal/settings/credentials",
            json!({
                "siteUrl": "na.myconnectwise.net", "companyIdentifier": "demo", "publicKey": "pub",
                "privateKey": PRIVATE_KEY, "timeZone": "Europe/Berlin",
            }),
        )?,
        get("portal/settings/options", "")?,
        get("portal/settings/options", "board=1")?,
        get("portal/settings/options", "company=20")?,
        post(
            "portal/settings/save",
            json!({ "board": 1, "newStatus": 11, "closedStatus": 13, "cancelledStatus": 14 }),
        )?,
        get("portal/settings/get", "")?,
        get("portal/session/get", "")?,
        post(
            "portal/plans/create",
            json!({
                "name": "Backup", "productType": "backup", "price": 4.5, "currency": "EUR", "periodicity": "monthly",
                "category": 1, "subcategory": 11, "type": 1, "trial": false, "plan": plan,
            }),
        )?,
        get("portal/plans/list", "")?,
        post("portal/plans/update", json!({ "plan": plan, "name": "Mail backup", "price": 4.75 }))?,
        get("portal/companies/list", "")?,
        get("portal/agreements/list", "company=20")?,
        post(
            "portal/organizations/create",
            json!({
                "company": 20, "agreement": 104, "plan": plan, "seats": 3, "unitPrice": 4.25, "country": "GB",
                "businessName": "Blue Light", "firstName": "Gordon", "lastName": "Packard",
                "email": "gordon.packard@bluelight.example", "sendSignInDetails": true,
            }),
        )?,
        get("portal/organizations/list", "")?,
        get("portal/organizations/list", "search=blue&sort=-name")?,
        get("portal/organizations/get", "organization=<sold>")?,
        post("portal/organizations/impersonate", json!({ "organization": "<sold>" }))?,
        post("portal/organizations/invite", json!({ "organization": "<sold>" }))?,
        post("portal/organizations/update", json!({ "company": 20, "plan": plan, "seats": 4, "unitPrice": 4.5 }))?,
        post("portal/organizations/update", json!({ "company": 20, "unitPrice": null }))?,
        post("portal/organizations/suspend", company.clone())?,
        post("portal/organizations/activate", company.clone())?,
        get("portal/additions/list", "")?,
        Step::Stream("<msp>#subscription#20-1"),
        get("portal/additions/list", "")?,
        post("portal/additions/retry", json!({}))?,
        post("accounts/synchronize", json!({}))?,
        post("portal/links/create", json!({ "organization": "<organization>", "company": 19, "agreement": 101 }))?,
        get("portal/links/list", "")?,
        get("portal/links/suggestions", "")?,
        post(
            "portal/links/bulk",
            json!({ "links": [{ "organization": "<organization>", "company": 19, "agreement": 101 }] }),
        )?,
        post(
            "portal/links/create",
            json!({
                "organization": "<organization>", "company": 19, "agreement": 101, "unitPrice": 4.25,
                "startsOn": "nextMonth", "lastBilledMonth": "next", "creditsUnused": true,
                "application": APPLICATION_ID, "account": "A-1001",
            }),
        )?,
        // With a plan that the MSP does not offer, so that its addition fails until the plan is added.
        post("subscriptions/create", json!({ "AttributeList": { "plan": { "Code": other } } }))?,
        Step::Stream("<bss>#subscription#S-1001"),
        get("portal/additions/list", "")?,
        post("portal/additions/retry", json!({}))?,
        post(
            "portal/additions/retry",
            json!({ "application": "<msp>", "subscription": "20-1", "recreate": false, "adopt": 501 }),
        )?,
        post("portal/links/delete", json!({ "application": APPLICATION_ID, "account": "A-1001" }))?,
        get("portal/additions/list", "")?,
        get("portal/tickets/list", "")?,
        get("portal/tickets/list", "limit=50")?,
        get("portal/plans/list", "limit=50")?,
        get("portal/links/list", "limit=50")?,
        get("portal/additions/list", "limit=50")?,
        post("portal/tickets/retry", json!({}))?,
    ];
    steps.extend(parts::ticket_rules()?);
    steps.extend(parts::audit()?);
    steps.extend(parts::usage()?);
    steps.extend(parts::people()?);
    steps.push(post("portal/organizations/unsubscribe", company)?);
    steps.push(post("portal/plans/deactivate", json!({ "plan": plan }))?);
    Ok(steps)
}

fn ask(path: &str, query: &'static str, body: Option<Value>) -> Result<Step, Error> {
    let endpoint = endpoints::all_endpoints().find(|endpoint| endpoint.path == path);
    let endpoint = endpoint.ok_or_else(|| format!("there is no {path}"))?;
    Ok(Step::Ask(Ask { endpoint, query, body }))
}

fn post(path: &str, body: Value) -> Result<Step, Error> {
    ask(path, "", Some(body))
}

fn get(path: &str, query: &'static str) -> Result<Step, Error> {
    ask(path, query, None)
}

/// The progress of the story on one stack.
pub struct Progress {
    known: BTreeMap<&'static str, String>,
    provider: IdentitySandbox,
}

impl Progress {
    /// Starts the story on `stack`.
    pub fn with(stack: &Stack) -> Result<Self, Error> {
        let [reseller, _] = TOKENS;
        let msp = MspId::from_reseller_token(&stack.dropsuite_url.parse()?, &reseller.into());
        let known = [
            ("<api>", stack.dropsuite_url.clone()),
            ("<dropsuite>", stack.dropsuite_url.trim_end_matches("/api").to_owned()),
            ("<portal>", stack.portal_url()),
            ("<msp>", msp.to_string()),
            ("<bss>", APPLICATION_ID.to_lowercase()),
            ("<provider>", stack.identity.issuer().to_owned()),
            ("<tomorrow>", stack.clock.now().saturating_add(Duration::from_hours(24))?.to_string()),
        ];
        Ok(Self { known: known.into(), provider: stack.identity.clone() })
    }

    /// Returns the token of the session, once it exists.
    pub fn session(&self) -> Option<&str> {
        self.known.get("<session>").map(String::as_str)
    }

    /// Returns the link that signs in to an organization, once it was given.
    pub fn sign_in_link(&self) -> Option<&str> {
        self.known.get("<link>").map(String::as_str)
    }

    /// Returns the key that reads the usage, once it was made.
    pub fn usage_key(&self) -> Option<&str> {
        self.known.get("<key>").map(String::as_str)
    }

    /// Returns the request of `ask`, in the current session.
    pub fn request(&self, ask: &Ask) -> Result<Request, Error> {
        let mut request = Request::from_event(&self.event(ask.endpoint)?);
        let body = match (&ask.body, &request.body) {
            (Some(changes), Some(file)) => {
                let mut body = serde_json::from_slice(file)?;
                merge(&mut body, changes.clone());
                Some(body)
            }
            (body, _) => body.clone(),
        };
        request.body = body.map(|body| self.filled(&body.to_string()).into_bytes());
        request.query = self.filled(ask.query);
        Ok(request)
    }

    /// Returns the event of an endpoint: its file for the BSS's, or one in the same format, with the session or the key, for
    /// the portal's.
    pub fn event(&self, endpoint: &Endpoint) -> Result<Value, Error> {
        if endpoint.registration_entry().is_some() {
            return event::of(endpoint);
        }
        let file = endpoints::BSS_ENDPOINTS.first().copied().ok_or("there are no endpoints")?;
        let mut event = event::of(file)?;
        let plain = Request::from_event(&event);
        let mut headers = plain.headers;
        headers.retain(|(name, _)| !name.starts_with("x-cloudplatform"));
        let token = match endpoint.access {
            Access::UsageKey(_) => self.usage_key(),
            _ => self.session(),
        };
        headers.extend(token.map(|token| ("Authorization".to_owned(), format!("Bearer {token}"))));
        let request =
            Request { method: endpoint.method.to_string(), path: endpoint.url(), headers, body: None, ..plain };
        let route = format!("{} {}", endpoint.method, endpoint.url());
        event = request.to_event(&event);
        merge(&mut event, json!({ "routeKey": route, "requestContext": { "routeKey": route } }));
        Ok(event)
    }

    /// Returns the stream event of a write in `partition`.
    pub fn written(&self, partition: &str) -> Result<Value, Error> {
        let mut event: Value = serde_json::from_slice(&std::fs::read(root().join(ADDITIONS))?)?;
        let key = event.pointer_mut("/Records/0/dynamodb/Keys/pk/S").ok_or("the event file has no record")?;
        *key = json!(self.filled(partition));
        Ok(event)
    }

    /// Stores the values of a response that later requests need.
    ///
    /// # Errors
    /// The identity provider refuses the sign-in that the response begins.
    pub fn record(&mut self, ask: &Ask, answer: &Value) -> Result<(), Error> {
        let (name, pointer) = match ask.endpoint.path {
            "portal/session/create" => ("<session>", "/token"),
            "accounts/synchronize" => ("<organization>", "/Result"),
            "portal/organizations/create" => ("<sold>", "/organization"),
            "portal/organizations/impersonate" => ("<link>", "/url"),
            "portal/usagekey/create" => ("<key>", "/key"),
            "portal/session/start" => {
                if let Some(url) = answer.pointer("/url").and_then(Value::as_str) {
                    self.sign_in(url)?;
                }
                ("<sign-in>", "/signIn")
            }
            "portal/session/callback" => ("<person's session>", "/token"),
            _ => return Ok(()),
        };
        if let Some(value) = answer.pointer(pointer).and_then(Value::as_str) {
            self.known.insert(name, value.to_owned());
        }
        Ok(())
    }

    /// Signs the person in at the provider, as a browser does, and stores what it is sent back with.
    fn sign_in(&mut self, url: &str) -> Result<(), Error> {
        let back = self.provider.sign_in(url, PERSON)?;
        self.known.insert("<address of the sign-in>", url.to_owned());
        for (name, value) in back.query_pairs().into_owned() {
            match name.as_str() {
                "code" => self.known.insert("<code>", value),
                "state" => self.known.insert("<state>", value),
                _ => None,
            };
        }
        Ok(())
    }

    /// Returns a response without the values that differ between stacks and runs.
    pub fn neutral(&self, answer: &Value) -> Result<Value, Error> {
        let names = self.known.iter();
        let text = names.fold(answer.to_string(), |text, (name, value)| text.replace(value, name));
        Ok(timeless(serde_json::from_str(&text)?))
    }

    fn filled(&self, text: &str) -> String {
        self.known.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// Event file of `connectwise-additions`.
pub const ADDITIONS: &str = "tests/events/connectwise-additions.json";

/// Runs `connectwise-additions` for `event` in the stack's process. `run_id` must be unique.
pub async fn consume(stack: &Stack, event: Value, run_id: &str) -> Result<Value, Error> {
    let event = serde_json::from_value(event)?;
    let answer = additions::consume(&stack.app, &event, run_id, Duration::from_mins(1)).await;
    Ok(serde_json::to_value(answer)?)
}

fn timeless(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = if TIMES.contains(&name.as_str()) { json!("<time>") } else { timeless(value) };
                (name, value)
            })
            .collect(),
        Value::Array(elements) => {
            let mut elements: Vec<_> = elements.into_iter().map(timeless).collect();
            // Rows are sorted by application id, and the MSP's depends on the vendor's port.
            elements.sort_by_key(|element| element.get("application").map(|_| element.to_string()));
            Value::Array(elements)
        }
        Value::String(text) => without_reference(&text).into(),
        plain => plain,
    }
}

/// Returns a message without the reference at its end, which is that of one request.
pub fn without_reference(text: &str) -> &str {
    text.rsplit_once(" Reference: ").map_or(text, |(text, _)| text)
}
