//! Classification of responses without success. ConnectWise's own are JSON with a code. Anything else comes from a system
//! in front of it, except the two known texts about a wrong site.

use http::StatusCode;
use serde_json::Value;

use crate::connectwise::error::{ConnectWiseError, FieldError, Rejection, RejectionReason};
use crate::connectwise::permission::Permission;
use crate::http_client::{Effect, Response, other_system_message};

/// Header that identifies the request in ConnectWise's own logs.
const REQUEST_ID: &str = "x-cw-request-id";

/// Returns the error of a response without success. `touched` are the fields that the request changes.
pub fn classify_response(
    response: &Response,
    effect: Effect,
    touched: &[&str],
    permissions: &'static [Permission],
) -> ConnectWiseError {
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let text = |name: &str| body.as_ref().and_then(|body| body.get(name)?.as_str()).unwrap_or_default();
    let reason = RejectionReason::from(text("code"));
    let message = message_text(response, text("message"));
    // Messages of the gateway in front of the cloud, and of the hosts that people open.
    if message.contains("Cannot route") || message.contains("SSL is required") {
        return ConnectWiseError::SiteMismatch { message };
    }
    if text("code").is_empty() && !cfg!(feature = "trust-first-answer") {
        return ConnectWiseError::Intercepted { status: response.status.as_u16(), message, effect };
    }
    match response.status {
        StatusCode::UNAUTHORIZED => ConnectWiseError::Unauthorized { message },
        StatusCode::FORBIDDEN => {
            let permissions = if reason == RejectionReason::Security { permissions } else { &[] };
            ConnectWiseError::Forbidden { permissions, message }
        }
        StatusCode::NOT_FOUND => ConnectWiseError::NotFound { message },
        status => {
            let errors = body.as_ref().and_then(|body| body.get("errors")?.as_array());
            let field_errors = errors.into_iter().flatten().map(|error| field_error(error, touched)).collect();
            let request_id = response.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
            ConnectWiseError::Rejected(Rejection {
                status: status.as_u16(),
                reason,
                message,
                field_errors,
                request_id: request_id.to_owned(),
            })
        }
    }
}

fn field_error(error: &Value, touched: &[&str]) -> FieldError {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let field = text("field");
    let name = field.split('/').next().unwrap_or_default();
    FieldError {
        reason: RejectionReason::from(text("code")),
        message: other_system_message(text("message")),
        field: field.to_owned(),
        sent_by_us: touched.is_empty() || touched.iter().any(|field| field.eq_ignore_ascii_case(name)),
    }
}

/// Returns the message, or else the body without its tags, or else the status.
fn message_text(response: &Response, message: &str) -> String {
    let source = if message.is_empty() { String::from_utf8_lossy(&response.body) } else { message.into() };
    let text = other_system_message(&source);
    if text.is_empty() { format!("status {}", response.status.as_u16()) } else { text }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::*;
    use crate::http_client::MAX_MESSAGE_LEN;

    fn classify(status: u16, body: &str, touched: &[&str]) -> ConnectWiseError {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let headers = HeaderMap::from_iter([(REQUEST_ID.parse().unwrap(), HeaderValue::from_static("r-1"))]);
        classify_response(
            &Response { status: StatusCode::from_u16(status).unwrap(), headers, body },
            Effect::Read,
            touched,
            &[Permission::Agreements],
        )
    }

    #[test]
    fn bodies_of_every_format_are_classified() {
        for (status, body, expected) in [
            (
                400,
                "Cannot route. Codebase/company is invalid",
                "site mismatch: Cannot route. Codebase/company is invalid",
            ),
            (
                403,
                r#"{"code":"Security","message":"SSL is required.","errors":null}"#,
                "site mismatch: SSL is required.",
            ),
            (
                401,
                r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#,
                "unauthorized: UserNotAuthenticated",
            ),
            (
                404,
                r#"{"code":"NotFound","message":"Company 7 not found","errors":null}"#,
                "not found: Company 7 not found",
            ),
            (
                409,
                r#"{"code":"Conflict","message":"in use"}"#,
                r#"rejected: 409 Other("Conflict") in use [] (request r-1)"#,
            ),
            (
                400,
                r#"{"code":"Odd","message":["x"],"errors":{}}"#,
                r#"rejected: 400 Other("Odd") {"code":"Odd","message":["x"],"errors":{}} [] (request r-1)"#,
            ),
        ] {
            assert_eq!(classify(status, body, &[]).to_string(), expected);
        }
    }

    #[test]
    fn what_is_not_connectwises_own_json_is_not_its_word() {
        for status in [302, 400, 401, 403, 404, 405, 407, 409, 451] {
            for body in
                ["", "<html><h1>Blocked</h1></html>", "Forbidden", "[]", r#"{"message":"Forbidden"}"#, r#"{"code":5}"#]
            {
                let error = classify(status, body, &[]);
                assert!(matches!(error, ConnectWiseError::Intercepted { .. }), "{status} {body}: {error}");
            }
        }
        let ConnectWiseError::Intercepted { message, .. } = classify(403, &"<p>x</p>".repeat(900), &[]) else {
            panic!()
        };
        assert_eq!(message.chars().count(), MAX_MESSAGE_LEN);
    }

    #[test]
    fn permissions_are_named_only_for_security_errors() {
        let permissions = |body: &str| match classify(403, body, &[]) {
            ConnectWiseError::Forbidden { permissions, .. } => permissions,
            other => panic!("{other}"),
        };
        assert_eq!(
            permissions(r#"{"code":"Security","message":"You do not have security permission."}"#),
            [Permission::Agreements]
        );
        assert_eq!(
            permissions(r#"{"code":"ConnectWiseApi","message":"The clientId header is missing or invalid."}"#),
            []
        );
    }

    #[test]
    fn a_conflict_is_transient_unless_the_object_exists() {
        let is_transient = |status, body: &str| match classify(status, body, &[]) {
            ConnectWiseError::Rejected(rejection) => rejection.is_transient(),
            other => panic!("{other}"),
        };
        assert!(is_transient(409, r#"{"code":"Conflict","message":"in use"}"#));
        assert!(!is_transient(409, r#"{"code":"ObjectExists","message":"there"}"#));
        assert!(!is_transient(400, r#"{"code":"InvalidObject","message":"no"}"#));
    }

    #[test]
    fn codes_and_fields_are_decoded() {
        let body = json!({
            "code": "InvalidObject", "message": "ticket object is invalid",
            "errors": [
                { "code": "NotFound", "message": "Service Status 17 not found", "resource": "ticket", "field": "status/id" },
                { "code": "OutOfRange", "message": "Too old.", "field": "yearEstablished" },
                { "code": "Tomorrow" }
            ]
        });
        let ConnectWiseError::Rejected(rejection) = classify(400, &body.to_string(), &["status"]) else { panic!() };
        let field_errors: Vec<_> = rejection
            .field_errors
            .iter()
            .map(|error| (&error.reason, error.field.as_str(), error.sent_by_us))
            .collect();
        assert_eq!(
            field_errors,
            [
                (&RejectionReason::NotFound, "status/id", true),
                (&RejectionReason::OutOfRange, "yearEstablished", false),
                (&RejectionReason::Other("Tomorrow".to_owned()), "", false)
            ]
        );
        let ConnectWiseError::Rejected(of_create) = classify(400, &body.to_string(), &[]) else { panic!() };
        assert!(of_create.field_errors.iter().all(|error| error.sent_by_us), "a create sends the whole record");
        assert!(
            rejection.has_reason(&RejectionReason::InvalidObject) && rejection.has_reason(&RejectionReason::OutOfRange)
        );
        assert!(!rejection.has_reason(&RejectionReason::ObjectExists));
    }
}
