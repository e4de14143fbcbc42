//! Generates the `OpenAPI` description of the endpoints. Sources: the list of endpoints (paths, methods, titles), the
//! list of codes (statuses, codes), `fields/get` (settings headers), and the requests and responses of a whole story on
//! the local stack (schemas).

mod portal;
mod report;

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};
use service_manager::bss::{ResultEnvelope, headers};
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::{self, BASE_PATH, Endpoint};
use service_manager::runtime::status::{bss_status, portal_status};

use crate::schema::{self, Members};

/// Codes that only the portal returns.
const PORTALS_OWN: [ErrorCode; 2] = [ErrorCode::SessionInvalid, ErrorCode::FieldsInvalid];

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

/// Returns the BSS's type names of an endpoint's request and response (`docs/vendors/bss.md`, "Endpoints").
pub fn types(endpoint: &Endpoint) -> (Option<&'static str>, &'static str) {
    match endpoint.path {
        "fields/get" => (None, "FieldCollection"),
        "fields/validate" => (Some("FilledFieldCollection"), "ErrorList"),
        "service/definitions" => (None, "ProductTypeCollection"),
        "accounts/syncoptions" => (None, "CustomFieldCollection"),
        "accounts/synchronize" => (Some("AccountDefinition"), "AccountResultDefinition"),
        "accounts/exists" | "accounts/delete" => (Some("AccountDefinition"), "ResultDefinition"),
        _ => (Some("ServiceDefinition"), "ServiceResultDefinition"),
    }
}

/// Returns the description, with the schemas of `seen`.
pub fn document(seen: &[Exchange]) -> Value {
    let paths: Map<_, _> = endpoints::BSS_ENDPOINTS.into_iter().map(path).chain(portal::paths(seen)).collect();
    let schemas: Map<_, _> = schemas(seen).into_iter().chain(portal::schemas(seen)).collect();
    let refusals: Map<_, _> = refusals().into_iter().chain(portal::refusals()).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Service manager",
            "version": env!("CARGO_PKG_VERSION"),
            "description": description(),
        },
        "servers": [{
            "url": format!("{{origin}}{BASE_PATH}"),
            "description": "The stack's output BaseUrl",
            "variables": {"origin": {"default": "https://euw.example.com"}},
        }],
        "security": [{"ApplicationId": [], "ApiKey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "ApplicationId": header_key(headers::APPLICATION_ID, "GUID of the BSS installation"),
                "ApiKey": header_key(headers::API_KEY, "Base64 of the API key's text"),
                "bearerAuth": {
                    "type": "http", "scheme": "bearer",
                    "description": "The token of a session, as portal/session/create answers it",
                },
                "ReporterId": header_key(report::ID, "GUID of the reporter"),
                "Timestamp": header_key(report::TIMESTAMP, "Seconds since 1970, at most 5 minutes from now"),
                "Signature": header_key(
                    report::SIGNATURE,
                    "sha256= and the hexadecimal digits of the HMAC-SHA256, by the reporter's key, over X-Timestamp, a \
                     dot and the very bytes of the body; one that was taken is not taken again",
                ),
            },
            "parameters": parameters(seen),
            "schemas": schemas,
            "responses": refusals,
        },
    })
}

fn description() -> String {
    let mut text =
        "What the BSS (interworks.cloud) calls, what the MSPs' portal calls, and what reporters call.\n\nTo the \
                    BSS, a business outcome is HTTP 200 with a code in its envelope, 0 for success. In its requests, members may be absent or \
                    null, unknown ones are ignored, and letter case does not matter.\n\nTo the portal, HTTP 200 is \
                    success, and any other status a refusal with a code. In its requests, unknown members are \
                    refused. A reporter is answered likewise.\n\nThe gateway itself answers 404 to other paths and methods and 429 when calls come too \
                    fast.\n\n| Code | Status | In the portal | Meaning |\n| --- | --- | --- | --- |\n"
            .to_owned();
    for code in ErrorCode::ALL {
        // Writing to a string cannot fail.
        let [bss, portal] = [bss_status(code), portal_status(code)].map(|status| status.as_u16());
        let _ = writeln!(text, "| {} | {bss} | {portal} | {} |", code.number(), code.description());
    }
    text
}

fn header_key(name: &str, description: &str) -> Value {
    json!({"type": "apiKey", "in": "header", "name": name, "description": description})
}

fn path(endpoint: &Endpoint) -> (String, Value) {
    let (request, response) = types(endpoint);
    let (section, title, _) = endpoint.registration_entry().unwrap_or_default();
    let mut operation = json!({
        "operationId": endpoint.name(),
        "summary": title,
        "tags": [section],
        "responses": responses(response),
    });
    if let (Some(request), Some(operation)) = (request, operation.as_object_mut()) {
        operation.insert("requestBody".to_owned(), json!({"required": true, "content": content(request)}));
    }
    let method = endpoint.method.as_str().to_lowercase();
    let parameters = json!([{"$ref": "#/components/parameters/Settings"}, {"$ref": "#/components/parameters/TrackId"}]);
    (format!("/{}", endpoint.path), json!({ method: operation, "parameters": parameters }))
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

fn content(name: &str) -> Value {
    json!({"application/json": {"schema": reference("schemas", name)}})
}

fn responses(success: &str) -> Value {
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({
            "description": "The outcome; of an error, the members of ResultDefinition alone",
            "content": content(success),
        }),
    );
    for status in by_status().into_keys() {
        responses.insert(status.to_string(), reference("responses", &format!("Status{status}")));
    }
    Value::Object(responses)
}

/// Returns the codes that have a status other than 200.
fn by_status() -> BTreeMap<u16, Vec<ErrorCode>> {
    let mut statuses: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    let returned = |code: &ErrorCode| !bss_status(*code).is_success() && !PORTALS_OWN.contains(code);
    for code in ErrorCode::ALL.into_iter().filter(returned) {
        statuses.entry(bss_status(code).as_u16()).or_default().push(code);
    }
    statuses
}

fn refusals() -> Map<String, Value> {
    let refusal = |(status, codes): (u16, Vec<ErrorCode>)| {
        let meanings: Vec<_> = codes.iter().map(|code| format!("{}: {}", code.number(), code.description())).collect();
        (format!("Status{status}"), json!({"description": meanings.join(" "), "content": content("ResultDefinition")}))
    };
    by_status().into_iter().map(refusal).collect()
}

/// Returns the header parameters. One parameter stands for all settings that `fields/get` declares.
fn parameters(seen: &[Exchange]) -> Value {
    let declared = seen.iter().filter(|exchange| exchange.endpoint.path == "fields/get");
    let fields = declared.filter_map(|exchange| exchange.response.get("Fields")?.as_array()).flatten();
    let names: Vec<_> = fields.filter_map(|field| field.get("ID")?.as_str()).collect();
    json!({
        "Settings": {
            "in": "header", "name": format!("{}{}", headers::SETTING_PREFIX, names.first().unwrap_or(&"")),
            "schema": {"type": "string"},
            "description": format!(
                "The partner's settings, one header each, by the ids that fields/get declares: {}", names.join(", ")
            ),
        },
        "TrackId": {
            "in": "header", "name": headers::TRACK_ID, "schema": {"type": "string"},
            "description": "Correlation id of the BSS's action, logged with all that is done for it",
        },
    })
}

fn schemas(seen: &[Exchange]) -> Map<String, Value> {
    let error = json!(ResultEnvelope::error(ErrorCode::BadRequest.number(), ""));
    let mut requests: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    let mut responses: BTreeMap<&str, Vec<&Value>> = BTreeMap::from([("ResultDefinition", vec![&error])]);
    for exchange in seen.iter().filter(|exchange| exchange.endpoint.registration_entry().is_some()) {
        let (request, response) = types(exchange.endpoint);
        responses.entry(response).or_default().push(&exchange.response);
        if let (Some(name), Some(body)) = (request, &exchange.request) {
            requests.entry(name).or_default().push(body);
        }
    }
    let requests = requests.into_iter().map(|(name, seen)| (name.to_owned(), schema::of(&seen, Members::Optional)));
    let responses = responses.into_iter().map(|(name, seen)| (name.to_owned(), schema::of(&seen, Members::Required)));
    requests.chain(responses).collect()
}
