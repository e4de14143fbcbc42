//! The BSS's part of the description.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use service_manager::bss::envelope::ResultDefinition;
use service_manager::bss::headers;
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::{self, Endpoint};
use service_manager::runtime::status::bss_status;
use service_manager::vendor::dropsuite;

use super::schemas::Schemas;
use super::{content, reference};

/// Codes that only the portal returns.
const PORTALS_OWN: [ErrorCode; 4] =
    [ErrorCode::SessionInvalid, ErrorCode::FieldsInvalid, ErrorCode::TooManyTries, ErrorCode::RoleTooLow];

/// Name of the schema of an error with status 200.
const FAILURE: &str = "FailureDefinition";

/// Returns the paths.
pub fn paths(schemas: &mut Schemas) -> Map<String, Value> {
    endpoints::BSS_ENDPOINTS.into_iter().map(|endpoint| path(endpoint, schemas)).collect()
}

fn path(endpoint: &Endpoint, schemas: &mut Schemas) -> (String, Value) {
    let (section, title, _) = endpoint.registration_entry().unwrap_or_default();
    let mut operation = json!({
        "operationId": endpoint.name(),
        "summary": title,
        "tags": [section],
        "responses": responses(endpoint, schemas),
    });
    if let (Some(request), Some(operation)) = (schemas.request(endpoint), operation.as_object_mut()) {
        operation.insert("requestBody".to_owned(), json!({ "required": true, "content": content(&request) }));
    }
    let method = endpoint.method.as_str().to_lowercase();
    let parameters = json!([reference("parameters", "Settings"), reference("parameters", "TrackId")]);
    (format!("/{}", endpoint.path), json!({ method: operation, "parameters": parameters }))
}

fn responses(endpoint: &Endpoint, schemas: &mut Schemas) -> Map<String, Value> {
    let (success, result) = (schemas.response(endpoint), schemas.shared_response::<ResultDefinition>());
    let outcome =
        if success == result { success } else { json!({ "anyOf": [success, reference("schemas", FAILURE)] }) };
    let description = "The outcome; of an error, the members of ResultDefinition alone";
    let done = json!({ "description": description, "content": content(&outcome) });
    let refused = by_status().into_keys().map(|status| (status.to_string(), reference("responses", &named(status))));
    std::iter::once(("200".to_owned(), done)).chain(refused).collect()
}

fn named(status: u16) -> String {
    format!("Status{status}")
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

/// Returns the responses other than 200.
pub fn refusals(schemas: &mut Schemas) -> Map<String, Value> {
    let result = schemas.shared_response::<ResultDefinition>();
    let refusal = |(status, codes): (u16, Vec<ErrorCode>)| {
        let meanings: Vec<_> = codes.iter().map(|code| format!("{}: {}", code.number(), code.description())).collect();
        (named(status), json!({ "description": meanings.join(" "), "content": content(&result) }))
    };
    by_status().into_iter().map(refusal).collect()
}

/// Returns the schema of an error with status 200: a `ResultDefinition` with a negative code.
pub fn failure(schemas: &mut Schemas) -> (String, Value) {
    let mut schema = schemas.shared_response::<ResultDefinition>();
    let more = json!({ "properties": { "Code": { "maximum": -1 } }, "description": "An error with status 200." });
    if let (Some(schema), Value::Object(more)) = (schema.as_object_mut(), more) {
        schema.extend(more);
    }
    (FAILURE.to_owned(), schema)
}

/// Returns the header parameters. One parameter stands for all settings that `fields/get` declares.
pub fn parameters() -> Value {
    let names = settings();
    json!({
        "Settings": {
            "in": "header", "name": format!("{}{}", headers::SETTING_PREFIX, names.first().map_or("", String::as_str)),
            "schema": { "type": "string" },
            "description": format!(
                "The partner's settings, one header each, by the ids that fields/get declares: {}", names.join(", ")
            ),
        },
        "TrackId": {
            "in": "header", "name": headers::TRACK_ID, "schema": { "type": "string" },
            "description": "Correlation id of the BSS's action, logged with all that is done for it",
        },
    })
}

/// Returns the ids of the settings of Dropsuite, the default vendor.
fn settings() -> Vec<String> {
    let Ok(config) = dropsuite::Config::for_region("euwest") else { return Vec::new() };
    dropsuite::fields(&config).fields.into_iter().map(|field| field.id).collect()
}
