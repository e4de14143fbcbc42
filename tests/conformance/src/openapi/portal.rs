//! The portal's part of the description. Its paths have a separate server, security scheme and error. Reports are
//! described in the same way, with the differences in [`report`](super::report).

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use service_manager::domain::error::ServiceError;
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::portal::{self, additions, links, organizations, plans, settings, tickets};
use service_manager::endpoints::{self, Access, Endpoint};
use service_manager::workers::actions::report::Report;

use super::{Exchange, content, reference, report};
use crate::root;
use crate::schema::{self, Members};

/// A code that the portal never returns, because applications of the BSS do not call it.
const NOT_HERE: ErrorCode = ErrorCode::NotAuthorized;

/// Returns the type names of an endpoint's request and response.
pub fn types(endpoint: &Endpoint) -> (Option<&'static str>, &'static str) {
    match endpoint.path {
        "portal/session/create" => (Some("SignIn"), "Session"),
        "portal/settings/credentials" => (Some("EnteredCredentials"), "ProvedCredentials"),
        "portal/settings/options" => (None, "Options"),
        "portal/settings/save" => (Some("Choices"), "Settings"),
        "portal/settings/get" => (None, "Settings"),
        "portal/plans/create" => (Some("NewPlan"), "Plan"),
        "portal/plans/update" => (Some("PlanChange"), "Plan"),
        "portal/plans/deactivate" => (Some("WhichPlan"), "Plan"),
        "portal/plans/list" => (None, "Plans"),
        "portal/companies/list" => (None, "Companies"),
        "portal/agreements/list" => (None, "Agreements"),
        "portal/organizations/create" => (Some("NewOrganization"), "Organization"),
        "portal/organizations/update" => (Some("OrganizationChange"), "Organization"),
        "portal/links/create" => (Some("NewLink"), "Link"),
        "portal/links/list" => (None, "Links"),
        "portal/links/delete" => (Some("EndedLink"), "Nothing"),
        "portal/additions/list" => (None, "Additions"),
        "portal/additions/retry" => (Some("Again"), "Additions"),
        "portal/tickets/list" => (None, "TicketPage"),
        "portal/tickets/retry" => (Some("TicketAgain"), "Tickets"),
        "actions/report" => (Some("Report"), "TakenReport"),
        _ => (Some("WhichOrganization"), "Organization"),
    }
}

/// Returns `true` if the endpoint accepts a body of this shape.
fn takes(endpoint: &Endpoint, body: &Value) -> bool {
    fn is<T: DeserializeOwned>(body: &Value) -> bool {
        portal::body::<T>(body.to_string().as_bytes()).is_ok()
    }
    match endpoint.path {
        "portal/session/create" => is::<portal::session::create::Credentials>(body),
        "portal/settings/credentials" => is::<settings::CredentialsRequest>(body),
        "portal/settings/save" => is::<settings::SettingsRequest>(body),
        "portal/plans/create" => is::<plans::CreatePlan>(body),
        "portal/plans/update" => is::<plans::UpdatePlan>(body),
        "portal/plans/deactivate" => is::<plans::PlanRef>(body),
        "portal/organizations/create" => is::<organizations::CreateOrganization>(body),
        "portal/organizations/update" => is::<organizations::UpdateOrganization>(body),
        "portal/links/create" => is::<links::CreateLink>(body),
        "portal/links/delete" => is::<links::DeleteLink>(body),
        "portal/additions/retry" => is::<additions::RetryAdditions>(body),
        "portal/tickets/retry" => is::<tickets::RetryTickets>(body),
        "actions/report" => is::<Report>(body),
        _ => is::<organizations::OrganizationRef>(body),
    }
}

/// Returns the paths other than the BSS's, with the schemas of `seen`.
pub fn paths(seen: &[Exchange]) -> Map<String, Value> {
    let others = endpoints::all_endpoints().filter(|endpoint| endpoint.registration_entry().is_none());
    others.map(|endpoint| path(endpoint, seen)).collect()
}

fn path(endpoint: &Endpoint, seen: &[Exchange]) -> (String, Value) {
    let (request, response) = types(endpoint);
    let (tag, security, own) = match endpoint.access {
        Access::Anonymous(_) => ("Portal", json!([]), None),
        Access::MspSession(_) | Access::Application { .. } => ("Portal", json!([{ "bearerAuth": [] }]), None),
        Access::SignedReport(_) => ("Reports", report::security(), Some(report::refused())),
    };
    let responses: Map<_, _> = responses(response).into_iter().chain(own).collect();
    let mut operation = json!({
        "operationId": endpoint.name(),
        "summary": summary(endpoint),
        "tags": [tag],
        "security": security,
        "responses": responses,
    });
    if let Some(operation) = operation.as_object_mut() {
        let parameters = parameters(endpoint, seen);
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), json!(parameters));
        }
        if let Some(request) = request {
            // An empty body of a retry counts as `{}`.
            let required = !endpoint.path.ends_with("/retry");
            operation.insert("requestBody".to_owned(), json!({ "required": required, "content": content(request) }));
        }
    }
    let method = endpoint.method.as_str().to_lowercase();
    (endpoint.url(), json!({ "servers": [server()], method: operation }))
}

/// Returns the text after the URL in the first line of the endpoint's module documentation.
fn summary(endpoint: &Endpoint) -> String {
    let file = root().join("shared/src/endpoints").join(endpoint.path).with_extension("rs");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let first = text.lines().next().and_then(|line| line.split_once("`: ")).map_or("", |(_, said)| said);
    let first = first.trim_end_matches('.');
    first.chars().take(1).flat_map(char::to_uppercase).chain(first.chars().skip(1)).collect()
}

fn server() -> Value {
    json!({
        "url": "{origin}",
        "description": "Above the stack's output PortalUrl",
        "variables": {"origin": {"default": "https://euw.example.com"}},
    })
}

/// Returns the query parameters. Those that every request had are required.
fn parameters(endpoint: &Endpoint, seen: &[Exchange]) -> Vec<Value> {
    let queries: Vec<BTreeSet<&str>> = of(endpoint, seen)
        .map(|exchange| exchange.query.split('&').filter_map(|pair| Some(pair.split_once('=')?.0)).collect())
        .collect();
    let names: BTreeSet<&str> = queries.iter().flatten().copied().collect();
    let parameter = |name: &str| {
        let required = queries.iter().all(|query| query.contains(name));
        let pairs = || of(endpoint, seen).flat_map(|exchange| exchange.query.split('&'));
        let mut values = pairs().filter_map(|pair| pair.split_once('=')).filter(|(named, _)| *named == name);
        let kind = if values.all(|(_, value)| value.parse::<u32>().is_ok()) { "integer" } else { "string" };
        json!({ "in": "query", "name": name, "required": required, "schema": { "type": kind } })
    };
    names.into_iter().map(parameter).collect()
}

fn of<'s>(endpoint: &Endpoint, seen: &'s [Exchange]) -> impl Iterator<Item = &'s Exchange> {
    seen.iter().filter(move |exchange| exchange.endpoint.path == endpoint.path)
}

fn responses(success: &str) -> Map<String, Value> {
    let done = json!({ "description": "It is done", "content": content(success) });
    let refused = by_status().into_keys().map(|status| (status.to_string(), reference("responses", &named(status))));
    std::iter::once(("200".to_owned(), done)).chain(refused).collect()
}

fn named(status: u16) -> String {
    format!("Portal{status}")
}

fn by_status() -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut statuses: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in ErrorCode::ALL.into_iter().filter(|code| *code != NOT_HERE) {
        statuses.entry(service_manager::runtime::status::portal_status(code).as_u16()).or_default().push(code);
    }
    statuses
}

/// Returns the responses other than 200.
pub fn refusals() -> Map<String, Value> {
    let refusal = |(status, codes): (u16, Vec<ErrorCode>)| {
        let meanings: Vec<_> = codes.iter().map(|code| format!("{}: {}", code.number(), code.description())).collect();
        (named(status), json!({ "description": meanings.join(" "), "content": content("Refusal") }))
    };
    by_status().into_iter().map(refusal).collect()
}

/// Returns the schemas of requests and responses.
pub fn schemas(seen: &[Exchange]) -> Map<String, Value> {
    let refusal = ServiceError::new(ErrorCode::FieldsInvalid, "").with_fields(vec![("company", String::new())]);
    let refusal = json!(portal::error_body(&refusal));
    let mut requests: BTreeMap<&str, (&Endpoint, Vec<&Value>)> = BTreeMap::new();
    let mut responses: BTreeMap<&str, Vec<&Value>> = BTreeMap::from([("Refusal", vec![&refusal])]);
    for exchange in seen.iter().filter(|exchange| exchange.endpoint.registration_entry().is_none()) {
        let (request, response) = types(exchange.endpoint);
        let response = if exchange.status == 200 { response } else { "Refusal" };
        responses.entry(response).or_default().push(&exchange.response);
        if let (Some(name), Some(body)) = (request, &exchange.request) {
            requests.entry(name).or_insert((exchange.endpoint, Vec::new())).1.push(body);
        }
    }
    let requests = requests.into_iter().map(|(name, (endpoint, seen))| (name.to_owned(), request_of(endpoint, &seen)));
    let responses = responses.into_iter().map(|(name, seen)| (name.to_owned(), schema::of(&seen, Members::Required)));
    requests.chain(responses).collect()
}

fn request_of(endpoint: &Endpoint, seen: &[&Value]) -> Value {
    let mut schema = taken(&|body| takes(endpoint, body), seen);
    if let Access::SignedReport(_) = endpoint.access {
        let events: Vec<&Value> = seen.iter().filter_map(|body| body.get("events")?.as_array()).flatten().collect();
        let event = taken(&|event| takes(endpoint, &json!({ "events": [event] })), &events);
        report::bound(&mut schema, event);
    }
    schema
}

/// Returns the schema of a request. `takes` tells which members are required, and if unknown members are accepted.
fn taken(takes: &dyn Fn(&Value) -> bool, seen: &[&Value]) -> Value {
    let mut schema = schema::of(seen, Members::Optional);
    let members: Map<String, Value> = seen.iter().filter_map(|body| body.as_object()).flatten().map(owned).collect();
    let without = |name: &String| members.iter().filter(|(other, _)| *other != name).map(owned).collect();
    let required: Vec<_> = members.keys().filter(|name| !takes(&Value::Object(without(name)))).collect();
    let more = [("another".to_owned(), json!(1))].into_iter().chain(members.clone()).collect();
    if let Some(schema) = schema.as_object_mut() {
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        if !takes(&Value::Object(more)) {
            schema.insert("additionalProperties".to_owned(), json!(false));
        }
    }
    schema
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}
