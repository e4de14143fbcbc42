//! What is described of reports alone: who may send one, and the bounds of what it says.

use serde_json::{Value, json};
use service_manager::domain::action::{Kind, MAX_ID};
use service_manager::domain::error_code::ErrorCode;
use service_manager::runtime::status::portal_status;
use service_manager::workers::actions::report::{MAX_ADDRESS, MAX_ERROR, MAX_EVENTS};

use super::content;
use crate::event::merge;

/// The header with the reporter's id.
pub const ID: &str = "X-Reporter-Id";
/// The header with the moment of the signature.
pub const TIMESTAMP: &str = "X-Timestamp";
/// The header with the signature.
pub const SIGNATURE: &str = "X-Signature";

/// All three headers are needed.
pub fn security() -> Value {
    json!([{ "ReporterId": [], "Timestamp": [], "Signature": [] }])
}

/// What a reporter is refused with that a portal is not.
pub fn refused() -> (String, Value) {
    let code = ErrorCode::NotAuthorized;
    let description = format!(
        "{}: {ID}, {TIMESTAMP} or {SIGNATURE} is missing, malformed, wrong, too old, or was taken already.",
        code.number()
    );
    (portal_status(code).as_u16().to_string(), json!({ "description": description, "content": content("Refusal") }))
}

/// Puts the bounds into the schema of a report and of its events, by what the code has.
pub fn bound(report: &mut Value, mut event: Value) {
    let members = json!({
        "action": { "enum": Kind::ALL.map(Kind::as_str) },
        "actionId": { "minLength": 1, "maxLength": MAX_ID },
        "mailbox": { "minLength": 1, "maxLength": MAX_ADDRESS },
        "state": { "enum": ["started", "failed", "completed", "retriesExhausted"] },
        "error": { "maxLength": MAX_ERROR, "description": "What went wrong; a failure has it" },
        "attempt": { "minimum": 1, "description": "Which attempt failed; a failure has it" },
        "time": { "format": "date-time" },
    });
    merge(&mut event, json!({ "properties": members }));
    merge(report, json!({ "properties": { "events": { "maxItems": MAX_EVENTS, "items": event } } }));
}
