//! Errors of requests to ConnectWise, by whether ConnectWise can have acted. Rejections come as JSON, plain text or
//! HTML, depending on the component that answers.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;

use super::text::truncate;
use crate::connectwise::permission::Permission;
use crate::http_client::{HttpError, MAX_MESSAGE_LEN, Response};

/// Header that identifies the request in ConnectWise's own logs.
const REQUEST_ID: &str = "x-cw-request-id";

/// A failed request.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectWiseError {
    /// Nothing was changed: the request was never sent, or it only reads.
    #[error("not reached: {reason}")]
    NotSent {
        /// The cause, for the log.
        reason: String,
    },
    /// A change was sent without a response. It may have been made.
    #[error("unanswered: {reason}")]
    OutcomeUnknown {
        /// The cause, for the log.
        reason: String,
    },
    /// ConnectWise, or our own rate limit, asked to wait. Nothing was changed.
    #[error("too many requests")]
    RateLimited {
        /// The time to wait, if it was stated.
        retry_after: Option<Duration>,
    },
    /// The site has no such login company.
    #[error("unknown company {company}")]
    UnknownCompany {
        /// The company.
        company: String,
    },
    /// The site does not lead to the company's instance. Nothing was changed.
    #[error("not routed: {message}")]
    SiteMismatch {
        /// ConnectWise's message.
        message: String,
    },
    /// The keys were rejected. Nothing was changed.
    #[error("credentials refused: {message}")]
    Unauthorized {
        /// ConnectWise's message.
        message: String,
    },
    /// The keys are valid but do not permit the request. Nothing was changed.
    #[error("not permitted: {message}")]
    Forbidden {
        /// The permissions of which one is missing. Empty if the cause is not a permission.
        permissions: &'static [Permission],
        /// ConnectWise's message.
        message: String,
    },
    /// The record or the path does not exist. Nothing was changed.
    #[error("not found: {message}")]
    NotFound {
        /// ConnectWise's message.
        message: String,
    },
    /// The input was rejected. Nothing was changed.
    #[error("refused: {0}")]
    Rejected(Rejection),
    /// The response cannot be decoded. A requested change was made.
    #[error("unreadable answer: {reason}")]
    InvalidResponse {
        /// The cause.
        reason: String,
    },
    /// More than one record exists where there must be one. Nothing was changed.
    #[error("{what} exists more than once: {ids:?}")]
    Ambiguous {
        /// Description of the record.
        what: String,
        /// Ids of the records that were found.
        ids: Vec<u32>,
    },
}

/// ConnectWise's response to an input that it does not accept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {reason:?} {message} {field_errors:?} (request {request_id})")]
pub struct Rejection {
    /// The HTTP status.
    pub status: u16,
    /// The reason for the whole request.
    pub reason: RejectionReason,
    /// ConnectWise's message.
    pub message: String,
    /// The errors of single fields.
    pub field_errors: Vec<FieldError>,
    /// Identifies the request in ConnectWise's own logs. Empty if the response does not state it.
    pub request_id: String,
}

/// One error of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The reason.
    pub reason: RejectionReason,
    /// ConnectWise's message.
    pub message: String,
    /// The field, such as `status/id`. Empty if the error concerns no field.
    pub field: String,
    /// `true` if the error concerns a value that we sent. A patch can fail because of other values of the record.
    pub ours: bool,
}

/// ConnectWise's error codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RejectionReason {
    /// The object is invalid. The field errors state the causes.
    InvalidObject,
    /// A required field is missing.
    MissingRequiredField,
    /// A text is too long.
    MaxLengthField,
    /// The object already exists.
    ObjectExists,
    /// A referenced object does not exist or does not belong to the record.
    NotFound,
    /// A number or a date is out of range.
    OutOfRange,
    /// A condition names a field that does not exist.
    ApiFindCondition,
    /// The role lacks a permission.
    Security,
    /// A code that this version does not know.
    Other(String),
}

impl From<&str> for RejectionReason {
    fn from(code: &str) -> Self {
        match code {
            "InvalidObject" => Self::InvalidObject,
            "MissingRequiredField" => Self::MissingRequiredField,
            "MaxLengthField" => Self::MaxLengthField,
            "ObjectExists" => Self::ObjectExists,
            "NotFound" => Self::NotFound,
            "OutOfRange" => Self::OutOfRange,
            "ApiFindCondition" => Self::ApiFindCondition,
            "Security" => Self::Security,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Rejection {
    /// Returns `true` if the rejection, or one of its field errors, has this reason.
    pub fn has_reason(&self, reason: &RejectionReason) -> bool {
        self.reason == *reason || self.field_errors.iter().any(|fault| fault.reason == *reason)
    }

    /// Returns `true` for a conflict with a simultaneous change. A later attempt may succeed.
    pub fn is_transient(&self) -> bool {
        self.status == StatusCode::CONFLICT && !self.has_reason(&RejectionReason::ObjectExists)
    }
}

impl ConnectWiseError {
    /// Returns `true` for a rejection because of this field or a part of it.
    pub fn concerns_field(&self, field: &str) -> bool {
        let of =
            |fault: &FieldError| fault.field.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case(field));
        matches!(self, Self::Rejected(refusal) if refusal.field_errors.iter().any(of))
    }

    /// Returns `true` if the object of a create request may exist despite the error.
    pub(crate) fn may_have_created(&self) -> bool {
        match self {
            Self::OutcomeUnknown { .. } | Self::InvalidResponse { .. } => true,
            Self::Rejected(refusal) => refusal.has_reason(&RejectionReason::ObjectExists),
            Self::NotSent { .. }
            | Self::RateLimited { .. }
            | Self::UnknownCompany { .. }
            | Self::SiteMismatch { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::Ambiguous { .. } => false,
        }
    }

    /// Returns `true` if an outdated codebase may be the cause and the request can be sent again with another one.
    pub(super) fn may_have_migrated(&self, method: &Method) -> bool {
        match self {
            Self::SiteMismatch { .. } => true,
            Self::NotFound { .. } => *method == Method::GET,
            Self::NotSent { .. }
            | Self::OutcomeUnknown { .. }
            | Self::RateLimited { .. }
            | Self::UnknownCompany { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::Rejected(_)
            | Self::InvalidResponse { .. }
            | Self::Ambiguous { .. } => false,
        }
    }
}

impl From<HttpError> for ConnectWiseError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotSent { reason } => Self::NotSent { reason },
            HttpError::OutcomeUnknown { reason } => Self::OutcomeUnknown { reason },
            HttpError::RateLimited { retry_after } => Self::RateLimited { retry_after },
        }
    }
}

/// Returns the error of a response without success. `touched` are the fields that the request changes.
pub fn classify_response(response: &Response, touched: &[&str], rights: &'static [Permission]) -> ConnectWiseError {
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let said = |name: &str| body.as_ref().and_then(|body| body.get(name)?.as_str()).unwrap_or_default();
    let reason = RejectionReason::from(said("code"));
    let message = words(response, said("message"));
    // Messages of the gateway in front of the cloud, and of the hosts that people open.
    if message.contains("Cannot route") || message.contains("SSL is required") {
        return ConnectWiseError::SiteMismatch { message };
    }
    match response.status {
        StatusCode::UNAUTHORIZED => ConnectWiseError::Unauthorized { message },
        StatusCode::FORBIDDEN => {
            let rights = if reason == RejectionReason::Security { rights } else { &[] };
            ConnectWiseError::Forbidden { permissions: rights, message }
        }
        StatusCode::NOT_FOUND => ConnectWiseError::NotFound { message },
        status => {
            let errors = body.as_ref().and_then(|body| body.get("errors")?.as_array());
            let faults = errors.into_iter().flatten().map(|error| fault(error, touched)).collect();
            let request_id = response.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
            ConnectWiseError::Rejected(Rejection {
                status: status.as_u16(),
                reason,
                message,
                field_errors: faults,
                request_id: request_id.to_owned(),
            })
        }
    }
}

fn fault(error: &Value, touched: &[&str]) -> FieldError {
    let said = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let field = said("field");
    let name = field.split('/').next().unwrap_or_default();
    FieldError {
        reason: RejectionReason::from(said("code")),
        message: truncate(said("message"), MAX_MESSAGE_LEN).to_owned(),
        field: field.to_owned(),
        ours: touched.is_empty() || name.is_empty() || touched.iter().any(|field| field.eq_ignore_ascii_case(name)),
    }
}

/// Returns the message, or else the body without its tags, or else the status.
fn words(response: &Response, message: &str) -> String {
    let whole = if message.is_empty() { String::from_utf8_lossy(&response.body) } else { message.into() };
    let mut in_tag = false;
    let text: String = whole
        .chars()
        .map(|character| {
            let shown = !in_tag && character != '<';
            in_tag = character == '<' || (in_tag && character != '>');
            if shown && !character.is_control() { character } else { ' ' }
        })
        .collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        format!("status {}", response.status.as_u16())
    } else {
        truncate(&text, MAX_MESSAGE_LEN).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str, touched: &[&str]) -> ConnectWiseError {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let headers = HeaderMap::from_iter([(REQUEST_ID.parse().unwrap(), HeaderValue::from_static("r-1"))]);
        classify_response(
            &Response { status: StatusCode::from_u16(status).unwrap(), headers, body },
            touched,
            &[Permission::Agreements],
        )
    }

    #[test]
    fn every_shape_says_what_it_is() {
        for (status, body, expected) in [
            (400, "Cannot route. Codebase/company is invalid", "not routed: Cannot route. Codebase/company is invalid"),
            (403, r#"{"code":"Security","message":"SSL is required.","errors":null}"#, "not routed: SSL is required."),
            (
                401,
                r#"{"code":"ConnectWiseApi","message":"UserNotAuthenticated"}"#,
                "credentials refused: UserNotAuthenticated",
            ),
            (401, "", "credentials refused: status 401"),
            (
                404,
                r#"{"code":"NotFound","message":"Company 7 not found","errors":null}"#,
                "not found: Company 7 not found",
            ),
            (
                404,
                "<!DOCTYPE html><html><body><h1>404</h1>\n<p>Not here.</p></body></html>",
                "not found: 404 Not here.",
            ),
            (
                409,
                r#"{"code":"Conflict","message":"in use"}"#,
                r#"refused: 409 Other("Conflict") in use [] (request r-1)"#,
            ),
            (302, "", r#"refused: 302 Other("") status 302 [] (request r-1)"#),
            (
                400,
                r#"{"code":5,"message":["x"],"errors":{}}"#,
                r#"refused: 400 Other("") {"code":5,"message":["x"],"errors":{}} [] (request r-1)"#,
            ),
        ] {
            assert_eq!(answer(status, body, &[]).to_string(), expected);
        }
        let ConnectWiseError::Rejected(refusal) = answer(502, &"<p>x</p>".repeat(900), &[]) else { panic!() };
        assert_eq!(refusal.message.chars().count(), MAX_MESSAGE_LEN);
    }

    #[test]
    fn a_right_is_named_for_security_alone() {
        let rights = |body: &str| match answer(403, body, &[]) {
            ConnectWiseError::Forbidden { permissions: rights, .. } => rights,
            other => panic!("{other}"),
        };
        assert_eq!(
            rights(r#"{"code":"Security","message":"You do not have security permission."}"#),
            [Permission::Agreements]
        );
        assert_eq!(rights(r#"{"code":"ConnectWiseApi","message":"The clientId header is missing or invalid."}"#), []);
    }

    #[test]
    fn a_conflict_passes_unless_it_is_there_already() {
        let passes = |status, body: &str| match answer(status, body, &[]) {
            ConnectWiseError::Rejected(refusal) => refusal.is_transient(),
            other => panic!("{other}"),
        };
        assert!(passes(409, r#"{"code":"Conflict","message":"in use"}"#));
        assert!(!passes(409, r#"{"code":"ObjectExists","message":"there"}"#));
        assert!(!passes(400, r#"{"code":"InvalidObject","message":"no"}"#));
    }

    #[test]
    fn codes_and_fields_are_kept() {
        let body = json!({
            "code": "InvalidObject", "message": "ticket object is invalid",
            "errors": [
                { "code": "NotFound", "message": "Service Status 17 not found", "resource": "ticket", "field": "status/id" },
                { "code": "OutOfRange", "message": "Too old.", "field": "yearEstablished" },
                { "code": "Tomorrow" }
            ]
        });
        let ConnectWiseError::Rejected(refusal) = answer(400, &body.to_string(), &["status"]) else { panic!() };
        let seen: Vec<_> =
            refusal.field_errors.iter().map(|fault| (&fault.reason, fault.field.as_str(), fault.ours)).collect();
        assert_eq!(
            seen,
            [
                (&RejectionReason::NotFound, "status/id", true),
                (&RejectionReason::OutOfRange, "yearEstablished", false),
                (&RejectionReason::Other("Tomorrow".to_owned()), "", true)
            ]
        );
        assert!(
            refusal.has_reason(&RejectionReason::InvalidObject) && refusal.has_reason(&RejectionReason::OutOfRange)
        );
        assert!(!refusal.has_reason(&RejectionReason::ObjectExists));
    }
}
