//! The parts of the description that only reports have.

use serde_json::{Value, json};
use service_manager::domain::error_code::ErrorCode;
use service_manager::runtime::status::portal_status;

use super::content;

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
pub fn refused(error: &Value) -> (String, Value) {
    let code = ErrorCode::NotAuthorized;
    let description = format!(
        "{}: {ID}, {TIMESTAMP} or {SIGNATURE} is missing, malformed, wrong, too old, or was used already.",
        code.number()
    );
    (portal_status(code).as_u16().to_string(), json!({ "description": description, "content": content(error) }))
}
