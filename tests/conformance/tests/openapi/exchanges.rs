//! Requests and their responses: the stories of the BSS, of an MSP and of a reporter on the local stack.

use std::time::Duration;

use conformance::event::{self, Request, story};
use conformance::portal::{self, Ask, Progress, Step};
use conformance::report;
use sandbox::stack::{Options, REPORTER_KEY, Stack};
use serde_json::{Value, json};
use service_manager::endpoints::{self, BASE_PATH, Endpoint};
use service_manager::http_client::Deadline;
use service_manager::store::TicketSubject;
use service_manager::vendor::VendorName;
use service_manager::workers::sync::CircuitBreaker;
use service_manager::workers::tickets;

/// A request and its response.
#[derive(Debug)]
pub struct Exchange {
    /// The endpoint called.
    pub endpoint: &'static Endpoint,
    /// The request's query, without its question mark.
    pub query: &'static str,
    /// The request's body.
    pub request: Option<Value>,
    /// The response's status: 200, or another one if the request was rejected.
    pub status: u16,
    /// The response's body.
    pub response: Value,
}

/// Runs all stories.
pub async fn all() -> Vec<Exchange> {
    let mut exchanges = exchanges_of_the_bss().await;
    exchanges.extend(exchanges_of_the_portal().await);
    exchanges.extend(exchanges_of_a_reporter().await);
    exchanges
}

pub async fn stack() -> Stack {
    Stack::start(&Options::isolated(VendorName::Dropsuite)).await.unwrap()
}

/// Returns the response to `request`, which must succeed.
async fn answer(stack: &Stack, request: &Request) -> Value {
    let (status, body) = send(stack, request).await;
    assert_eq!(status, 200, "{}: {body}", request.path);
    body
}

pub async fn send(stack: &Stack, request: &Request) -> (u16, Value) {
    let origin = stack.base_url.strip_suffix(BASE_PATH).unwrap();
    let url = format!("{origin}{}?{}", request.path, request.query);
    let mut builder = sandbox::http_client().unwrap().request(request.method.parse().unwrap(), url);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let response = builder.body(request.body.clone().unwrap_or_default()).send().await.unwrap();
    (response.status().as_u16(), event::content(&response.text().await.unwrap()))
}

fn exchange(endpoint: &'static Endpoint, query: &'static str, request: &Request, response: Value) -> Exchange {
    let request = request.body.as_ref().map(|body| serde_json::from_slice(body).unwrap());
    Exchange { endpoint, query, request, status: 200, response }
}

/// Runs the BSS's story on the local stack, with `accounts/exists` called in the middle, after a call that fails: the
/// subscription is unknown.
async fn exchanges_of_the_bss() -> Vec<Exchange> {
    let stack = stack().await;
    let mut story_endpoints = story().unwrap();
    let find = |path: &str| story_endpoints.iter().copied().find(|endpoint| endpoint.path == path).unwrap();
    let (exists, suspend) = (find("accounts/exists"), find("subscriptions/suspend"));
    story_endpoints.insert(6, exists);
    story_endpoints.insert(0, suspend);
    let mut exchanges = Vec::new();
    for endpoint in story_endpoints {
        let request = Request::from_event(&event::of(endpoint).unwrap());
        let response = answer(&stack, &request).await;
        exchanges.push(exchange(endpoint, "", &request, response));
    }
    exchanges
}

/// Runs an MSP's story on another local stack. Its calls of the BSS's endpoints are left out.
async fn exchanges_of_the_portal() -> Vec<Exchange> {
    let stack = stack().await;
    let mut progress = Progress::with(&stack).unwrap();
    let mut exchanges = Vec::new();
    for step in portal::story().unwrap() {
        match step {
            Step::Ask(ask @ Ask { endpoint, query, .. }) => {
                let request = progress.request(&ask).unwrap();
                let response = answer(&stack, &request).await;
                progress.record(&ask, &response).unwrap();
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
    // The subscription was cancelled, and without one there are no tickets.
    let activate =
        endpoints::all_endpoints().find(|endpoint| endpoint.path == "portal/organizations/activate").unwrap();
    let request =
        progress.request(&Ask { endpoint: activate, query: "", body: Some(json!({ "company": 20 })) }).unwrap();
    assert_eq!(send(stack, &request).await.0, 200);
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
        ("portal/tickets/retry", "", None, 200),
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
pub fn reported(stack: &Stack, more: &Value) -> Value {
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
