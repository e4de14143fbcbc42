//! Makes the `OpenAPI` description of the endpoints. Sources: the list of endpoints (paths, methods, titles), their
//! contracts (schemas, query parameters), the list of codes (statuses, codes), and the vendor's settings (headers).
//!
//! The schemas of bodies are derived from the wire types. [`check`] compares the committed description with the made one,
//! and [`write()`] writes it.

mod bss;
mod portal;
mod report;
mod schemas;

use std::fmt::Write;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use service_manager::bss::headers;
use service_manager::domain::error_code::ErrorCode;
use service_manager::endpoints::BASE_PATH;
use service_manager::runtime::status::{bss_status, portal_status};

pub use self::schemas::Schemas;
use crate::{Error, root};

/// Returns the description.
pub fn document() -> Value {
    let mut schemas = Schemas::default();
    let paths: Map<_, _> = bss::paths(&mut schemas).into_iter().chain(portal::paths(&mut schemas)).collect();
    let refusals: Map<_, _> = bss::refusals(&mut schemas).into_iter().chain(portal::refusals(&mut schemas)).collect();
    let failure = bss::failure(&mut schemas);
    let schemas: Map<_, _> = schemas.definitions().into_iter().flatten().chain([failure]).collect();
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
            "parameters": bss::parameters(),
            "schemas": schemas,
            "responses": refusals,
        },
    })
}

/// Returns the file of the committed description.
pub fn file() -> PathBuf {
    root().join("tests/conformance/openapi.json")
}

/// Returns the description as it is committed.
pub fn text() -> String {
    format!("{:#}\n", document())
}

/// Writes the description. Returns `true` if it was another one.
///
/// # Errors
/// The file cannot be written.
pub fn write() -> Result<bool, Error> {
    let text = text();
    let differs = std::fs::read_to_string(file()).ok().as_deref() != Some(&text);
    if differs {
        std::fs::write(file(), text)?;
    }
    Ok(differs)
}

/// Compares the committed description with the made one.
///
/// # Errors
/// The first line that differs, with its number.
pub fn check() -> Result<(), Error> {
    let (committed, made) = (std::fs::read_to_string(file()).unwrap_or_default(), text());
    if committed == made {
        return Ok(());
    }
    let lines = committed.lines().zip(made.lines()).enumerate();
    let (number, (held, wanted)) = lines.into_iter().find(|(_, (held, wanted))| held != wanted).unwrap_or_default();
    let file = file();
    Err(format!("{}:{}: it has {held:?} and should have {wanted:?}", file.display(), number + 1).into())
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

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

fn content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}
