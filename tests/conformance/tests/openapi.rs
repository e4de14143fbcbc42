//! Tests that the committed `OpenAPI` description equals the generated one, and contains every member that the code
//! reads.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use conformance::event::{self, Request, story};
use conformance::openapi::{Exchange, document};
use conformance::portal::{self, Ask, Progress, Step};
use conformance::{report, root};
use sandbox::stack::{Options, REPORTER_KEY, Stack};
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use serde_json::{Value, json};
use service_manager::bss::requests::{
    AccountDefinition, AddonDefinition, Address, BillingCycle, ContactDetails, Field, FieldCollection, Place,
    ServiceAttribute, ServiceDefinition,
};
use service_manager::domain::action::Kind;
use service_manager::endpoints::portal as of_msp;
use service_manager::endpoints::portal::session::create::Credentials;
use service_manager::endpoints::portal::{additions, links, organizations, plans, settings};
use service_manager::endpoints::{self, BASE_PATH, Endpoint};
use service_manager::http_client::Deadline;
use service_manager::store::TicketSubject;
use service_manager::workers::actions::report::{Event, EventState, Report};
use service_manager::workers::sync::CircuitBreaker;
use service_manager::workers::tickets;

async fn stack() -> Stack {
    Stack::start(&Options { port: 0, dynamodb: None, dropsuite: None, connectwise: None, ..Options::from_env() })
        .await
        .unwrap()
}

/// Returns the response to `request`, which must succeed.
async fn answer(stack: &Stack, request: &Request) -> Value {
    let (status, body) = send(stack, request).await;
    assert_eq!(status, 200, "{}: {body}", request.path);
    body
}

async fn send(stack: &Stack, request: &Request) -> (u16, Value) {
    let origin = stack.base_url.strip_suffix(BASE_PATH).unwrap();
    let url = format!("{origin}{}?{}", request.path, request.query);
    let mut builder = reqwest::Client::new().request(request.method.parse().unwrap(), url);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let response = builder.body(request.body.clone().unwrap_or_default()).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

fn exchange(endpoint: &'static Endpoint, query: &'static str, request: &Request, response: Value) -> Exchange {
    let request = request.body.as_ref().map(|body| serde_json::from_slice(body).unwrap());
    Exchange { endpoint, query, request, status: 200, response }
}

/// Runs the BSS's story on the local stack, with `accounts/exists` called in the middle.
async fn exchanges_of_the_bss() -> Vec<Exchange> {
    let stack = stack().await;
    let mut story_endpoints = story().unwrap();
    let exists = story_endpoints.iter().copied().find(|endpoint| endpoint.path == "accounts/exists").unwrap();
    story_endpoints.insert(6, exists);
    let mut exchanges = Vec::new();
    for endpoint in story_endpoints {
        let request = Request::from_event(&event::of(endpoint).unwrap());
        let response = answer(&stack, &request).await;
        exchanges.push(exchange(endpoint, "", &request, response));
    }
    exchanges
}

/// Runs an MSP's story on another local stack. Its calls of the BSS's endpoints are not used for the description.
async fn exchanges_of_the_portal() -> Vec<Exchange> {
    let stack = stack().await;
    let mut progress = Progress::with(&stack).unwrap();
    let mut exchanges = Vec::new();
    for step in portal::story().unwrap() {
        match step {
            Step::Ask(ask @ Ask { endpoint, query, .. }) => {
                let request = progress.request(&ask).unwrap();
                let response = answer(&stack, &request).await;
                progress.record(&ask, &response);
                if endpoint.registration_entry().is_none() {
                    exchanges.push(exchange(endpoint, query, &request, response));
                }
            }
            Step::Stream(partition) => {
                let answer = portal::consume(&stack, progress.written(partition).unwrap(), partition).await.unwrap();
                assert_eq!(answer, json!({ "batchItemFailures": [] }), "{partition}");
            }
        }
    }
    exchanges.extend(exchanges_of_a_ticket(&stack, &progress, &exchanges).await);
    exchanges
}

/// Runs calls of the portal about a failing action of that MSP.
async fn exchanges_of_a_ticket(stack: &Stack, progress: &Progress, earlier: &[Exchange]) -> Vec<Exchange> {
    let sold = earlier.iter().find(|exchange| exchange.endpoint.path == "portal/organizations/create").unwrap();
    let organization = sold.response.get("organization").unwrap();
    let more = json!({ "organization": organization, "state": "failed", "attempt": 1, "error": "full" });
    let request = report::signed(&reported(stack, &more), stack.clock.now().as_second(), REPORTER_KEY).unwrap();
    answer(stack, &request).await;
    let (about, deadline) =
        (TicketSubject::Action("euwest.backup.10".parse().unwrap()), Deadline::after(Duration::from_mins(1)));
    tickets::sync_ticket(&stack.app, &about, "of-a-ticket".to_owned(), deadline, &CircuitBreaker::default())
        .await
        .unwrap();
    let mut exchanges = Vec::new();
    for (path, query, body, expected) in [
        ("portal/tickets/list", "limit=1&after=euwest.backup.1", None, 200),
        ("portal/tickets/retry", "", Some(json!({ "action": "euwest.backup.10" })), 200),
        // The organization has no group ticket.
        ("portal/tickets/retry", "", Some(json!({ "organization": organization })), 400),
    ] {
        let endpoint = endpoints::all_endpoints().find(|endpoint| endpoint.path == path).unwrap();
        let request = progress.request(&Ask { endpoint, query, body }).unwrap();
        let (status, response) = send(stack, &request).await;
        assert_eq!(status, expected, "{response}");
        exchanges.push(Exchange { status, ..exchange(endpoint, query, &request, response) });
    }
    exchanges
}

/// Returns a report of one action on a mailbox, with each event merged with `more`.
fn reported(stack: &Stack, more: &Value) -> Value {
    let events = [
        json!({ "state": "started" }),
        json!({ "state": "failed", "error": "IMAP connection failed", "attempt": 1 }),
        json!({ "state": "retriesExhausted", "error": "25 attempts" }),
        json!({ "state": "completed" }),
    ];
    let events = events.map(|own| {
        let mut event = json!({
            "region": "euwest", "action": "backup", "actionId": "10", "mailbox": "ann@acme.example",
            "organization": "440032-6", "time": stack.clock.now(),
        });
        event::merge(&mut event, own);
        event::merge(&mut event, more.clone());
        event
    });
    json!({ "events": events })
}

/// Sends a report, and the same one signed with a wrong key.
async fn exchanges_of_a_reporter() -> Vec<Exchange> {
    let stack = stack().await;
    let (body, stamp) = (reported(&stack, &json!({})), stack.clock.now().as_second());
    let mut exchanges = Vec::new();
    for (key, expected) in [("another key", 401), (REPORTER_KEY, 200)] {
        let request = report::signed(&body, stamp, key).unwrap();
        let (status, response) = send(&stack, &request).await;
        assert_eq!(status, expected, "{response}");
        exchanges.push(Exchange { status, ..exchange(&endpoints::actions::report::ENDPOINT, "", &request, response) });
    }
    exchanges
}

fn committed() -> Value {
    let file = std::fs::read(root().join("tests/conformance/openapi.json")).unwrap();
    serde_json::from_slice(&file).unwrap()
}

/// Values just within the described bounds are accepted; values just beyond them are rejected.
#[tokio::test(flavor = "multi_thread")]
async fn reports_have_the_described_bounds() {
    let description = committed();
    let schema = &description["components"]["schemas"]["Report"]["properties"]["events"];
    let bound = |member: &str, keyword: &str| schema["items"]["properties"][member][keyword].as_u64().unwrap();
    let text = |length: u64| json!("7".repeat(usize::try_from(length).unwrap()));
    let mut cases = vec![
        (json!({ "another": 1 }), 400),
        (json!({ "time": "yesterday" }), 400),
        (json!({ "action": "copy" }), 400),
        (json!({ "state": "lost" }), 400),
        (json!({ "attempt": bound("attempt", "minimum") }), 200),
    ];
    let states = schema["items"]["properties"]["state"]["enum"].as_array().unwrap();
    cases.extend(
        states.iter().map(|state| (json!({ "attempt": bound("attempt", "minimum") - 1, "state": state }), 400)),
    );
    for member in ["action", "state"] {
        let values = schema["items"]["properties"][member]["enum"].as_array().unwrap();
        cases.extend(values.iter().map(|value| (json!({ "error": "full", "attempt": 1, member: value }), 200)));
    }
    for member in ["actionId", "mailbox", "error"] {
        let most = bound(member, "maxLength");
        cases.extend([(json!({ member: text(most) }), 200), (json!({ member: text(most + 1) }), 400)]);
    }
    for member in ["actionId", "mailbox"] {
        let least = bound(member, "minLength");
        cases.extend([(json!({ member: text(least) }), 200), (json!({ member: text(least - 1) }), 400)]);
    }
    // Each on a separate stack, because an action belongs to one mailbox.
    for (more, expected) in cases {
        let stack = stack().await;
        assert_eq!(status_of(&stack, &reported(&stack, &more)).await, expected, "{more}");
    }
    let stack = stack().await;
    let most = usize::try_from(schema["maxItems"].as_u64().unwrap()).unwrap();
    let event = reported(&stack, &json!({}))["events"][0].clone();
    for (events, expected) in [(most, 200), (most + 1, 400)] {
        assert_eq!(status_of(&stack, &json!({ "events": vec![event.clone(); events] })).await, expected, "{events}");
    }
}

async fn status_of(stack: &Stack, body: &Value) -> u16 {
    let request = report::signed(body, stack.clock.now().as_second(), REPORTER_KEY).unwrap();
    send(stack, &request).await.0
}

#[test]
fn the_states_and_actions_of_reports_are_described() {
    let description = committed();
    let event = &description["components"]["schemas"]["Report"]["properties"]["events"]["items"]["properties"];
    for (member, read) in [("state", read_by::<EventState>()), ("action", read_by::<Kind>())] {
        let described =
            event[member]["enum"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_lowercase());
        assert_eq!(described.collect::<BTreeSet<_>>(), read, "{member}");
    }
}

#[test]
fn the_story_of_the_portal_has_every_endpoint() {
    let story_endpoints: BTreeSet<_> = portal::story()
        .unwrap()
        .into_iter()
        .filter_map(|step| match step {
            Step::Ask(ask) => Some(ask.endpoint.path),
            Step::Stream(_) => None,
        })
        .collect();
    let missing: Vec<_> = endpoints::portal::PORTAL_ENDPOINTS
        .iter()
        .filter(|endpoint| !story_endpoints.contains(endpoint.path))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_committed_description_is_current() {
    let mut seen = exchanges_of_the_bss().await;
    seen.extend(exchanges_of_the_portal().await);
    seen.extend(exchanges_of_a_reporter().await);
    let made = serde_json::to_string_pretty(&document(&seen)).unwrap() + "\n";
    let file = root().join("tests/conformance/openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = committed.lines().zip(made.lines()).find(|(committed, made)| committed != made);
    assert!(committed == made, "{differs:?}: run this test with UPDATE_OPENAPI=1 and look at the difference");
}

/// A deserializer that only records the members or variants that a type reads.
struct Probe<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        struct Expected<V>(V);
        impl<'de, V: Visitor<'de>> fmt::Display for Expected<V> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.expecting(f)
            }
        }
        Err(Error::custom(Expected(visitor)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.extend(fields);
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.extend(variants);
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

fn read_by<T: DeserializeOwned>() -> BTreeSet<String> {
    let mut fields = Vec::new();
    assert!(T::deserialize(Probe(&mut fields)).is_err());
    assert!(!fields.is_empty(), "{} is no struct or enum", std::any::type_name::<T>());
    fields.into_iter().map(str::to_lowercase).collect()
}

#[test]
fn every_member_read_is_described() {
    let description = committed();
    let service = "/ServiceDefinition/properties";
    let account = "/AccountDefinition/properties";
    let types = [
        ("/FilledFieldCollection/properties".to_owned(), read_by::<FieldCollection>()),
        ("/FilledFieldCollection/properties/Fields/items/properties".to_owned(), read_by::<Field>()),
        (account.to_owned(), read_by::<AccountDefinition>()),
        (format!("{account}/ContactDetails/properties"), read_by::<ContactDetails>()),
        (format!("{account}/Address/properties"), read_by::<Address>()),
        (format!("{account}/Address/properties/Country/properties"), read_by::<Place>()),
        (service.to_owned(), read_by::<ServiceDefinition>()),
        (format!("{service}/BillingCycle/properties"), read_by::<BillingCycle>()),
        (format!("{service}/AttributeList/additionalProperties/properties"), read_by::<ServiceAttribute>()),
        (format!("{service}/Addons/items/properties"), read_by::<AddonDefinition>()),
        ("/SignIn/properties".to_owned(), read_by::<Credentials>()),
        ("/EnteredCredentials/properties".to_owned(), read_by::<settings::CredentialsRequest>()),
        ("/Choices/properties".to_owned(), read_by::<settings::SettingsRequest>()),
        ("/NewPlan/properties".to_owned(), read_by::<plans::CreatePlan>()),
        ("/PlanChange/properties".to_owned(), read_by::<plans::UpdatePlan>()),
        ("/WhichPlan/properties".to_owned(), read_by::<plans::PlanRef>()),
        ("/NewOrganization/properties".to_owned(), read_by::<organizations::CreateOrganization>()),
        ("/OrganizationChange/properties".to_owned(), read_by::<organizations::UpdateOrganization>()),
        ("/WhichOrganization/properties".to_owned(), read_by::<organizations::OrganizationRef>()),
        ("/NewLink/properties".to_owned(), read_by::<links::CreateLink>()),
        ("/EndedLink/properties".to_owned(), read_by::<links::DeleteLink>()),
        ("/Again/properties".to_owned(), read_by::<additions::RetryAdditions>()),
        ("/TicketAgain/properties".to_owned(), read_by::<of_msp::tickets::RetryTickets>()),
        ("/Report/properties".to_owned(), read_by::<Report>()),
        ("/Report/properties/events/items/properties".to_owned(), read_by::<Event>()),
    ];
    for (place, read) in types {
        let described = description.pointer(&format!("/components/schemas{place}")).and_then(Value::as_object);
        let described: BTreeSet<_> = described.into_iter().flatten().map(|(name, _)| name.to_lowercase()).collect();
        let missing: Vec<_> = read.difference(&described).collect();
        assert!(
            missing.is_empty(),
            "{place} lacks {missing:?}: add it to the events in tests/events, to the portal's story, or to the report"
        );
    }
}
