//! The portal's part of the description. Its paths have a separate server, security scheme and error. Reports are
//! described in the same way, with the differences in [`report`](super::report).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::portal::PortalError;
use service_manager::endpoints::{self, Access, Endpoint, QueryParameter, QueryType};
use service_manager::runtime::status::portal_status;

use super::schemas::Schemas;
use super::{content, reference, report};
use crate::root;

/// A code that the portal never returns, because applications of the BSS do not call it.
const NOT_HERE: ErrorCode = ErrorCode::NotAuthorized;

/// Returns the paths other than the BSS's.
pub fn paths(schemas: &mut Schemas) -> Map<String, Value> {
    let others = endpoints::all_endpoints().filter(|endpoint| endpoint.registration_entry().is_none());
    others.map(|endpoint| path(endpoint, schemas)).collect()
}

fn path(endpoint: &Endpoint, schemas: &mut Schemas) -> (String, Value) {
    let error = schemas.shared_response::<PortalError<'_>>();
    let (tag, security, own) = match endpoint.access {
        Access::Anonymous(_) => ("Portal", json!([]), None),
        Access::MspSession(..) | Access::UsageKey(_) | Access::Application { .. } | Access::Page(_) => {
            ("Portal", json!([{ "bearerAuth": [] }]), None)
        }
        Access::SignedReport(_) => ("Reports", report::security(), Some(report::refused(&error))),
    };
    let responses: Map<_, _> =
        responses(endpoint.contract.media_type, &schemas.response(endpoint)).into_iter().chain(own).collect();
    let mut operation = json!({
        "operationId": endpoint.name(),
        "summary": summary(endpoint),
        "tags": [tag],
        "security": security,
        "responses": responses,
    });
    if let Some(operation) = operation.as_object_mut() {
        let parameters: Vec<_> = endpoint.contract.query.iter().map(parameter).collect();
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), json!(parameters));
        }
        if let Some(request) = schemas.request(endpoint) {
            let required = endpoint.contract.request.is_none_or(|body| body.required);
            operation.insert("requestBody".to_owned(), json!({ "required": required, "content": content(&request) }));
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

fn parameter(parameter: &QueryParameter) -> Value {
    let kind = match parameter.value {
        QueryType::Number => "integer",
        QueryType::Text => "string",
    };
    json!({
        "in": "query", "name": parameter.name, "required": parameter.required, "schema": { "type": kind },
    })
}

fn responses(media_type: &str, success: &Value) -> Map<String, Value> {
    let done = json!({ "description": "It is done", "content": { media_type: { "schema": success } } });
    let refused = by_status().into_keys().map(|status| (status.to_string(), reference("responses", &named(status))));
    std::iter::once(("200".to_owned(), done)).chain(refused).collect()
}

fn named(status: u16) -> String {
    format!("Portal{status}")
}

fn by_status() -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut statuses: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in ErrorCode::ALL.into_iter().filter(|code| *code != NOT_HERE) {
        statuses.entry(portal_status(code).as_u16()).or_default().push(code);
    }
    statuses
}

/// Returns the responses other than 200.
pub fn refusals(schemas: &mut Schemas) -> Map<String, Value> {
    let error = schemas.shared_response::<PortalError<'_>>();
    let refusal = |(status, codes): (u16, Vec<ErrorCode>)| {
        let meanings: Vec<_> = codes.iter().map(|code| format!("{}: {}", code.number(), code.description())).collect();
        (named(status), json!({ "description": meanings.join(" "), "content": content(&error) }))
    };
    by_status().into_iter().map(refusal).collect()
}
