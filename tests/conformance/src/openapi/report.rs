//! The parts of the description that only reports have: security and bounds.

use serde_json::{Value, json};
use service_manager::domain::action::{Kind, MAX_ID};
use service_manager::domain::error_code::ErrorCode;
use service_manager::runtime::status::portal_status;
use service_manager::workers::actions::report::{MAX_ADDRESS, MAX_ERROR, MAX_EVENTS};

use super::content;
use crate::event::merge;

/// Header with the reporter's id.
pub const ID: &str = "X-Reporter-Id";
/// Header with the time of the signature.
pub const TIMESTAMP: &str = "X-Timestamp";
/// Header with the signature.
pub const SIGNATURE: &str = "X-Signature";

/// Returns the security requirement: all three headers.
pub fn security() -> Value {
    json!([{ "ReporterId": [], "Timestamp": [], "Signature": [] }])
}

/// Returns the rejection that a reporter receives and a portal does not.
pub fn refused() -> (String, Value) {
    let code = ErrorCode::NotAuthorized;
    let description = format!(
        "{}: {ID}, {TIMESTAMP} or {SIGNATURE} is missing, malformed, wrong, too old, or was used already.",
        code.number()
    );
    (portal_status(code).as_u16().to_string(), json!({ "description": description, "content": content("Refusal") }))
}

/// Adds the bounds of the code to the schemas of a report and its events.
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
