//! How a call fails, told by whether ConnectWise can have acted. Its refusals come as JSON, as plain text or as a page of
//! HTML, depending on what in front of the API answers.

use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;

use super::text::cut;
use crate::connectwise::permissions::Right;
use crate::http_client::{HttpError, MAX_MESSAGE_LEN, Response};

/// Names the request in ConnectWise's own logs.
const REQUEST_ID: &str = "x-cw-request-id";

/// A call that failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectWiseError {
    /// Nothing was changed: it was never sent, or it only read.
    #[error("not reached: {reason}")]
    Unreached {
        /// What happened, for the log.
        reason: String,
    },
    /// A change was sent and not answered; it may have been made.
    #[error("unanswered: {reason}")]
    Unknown {
        /// What happened, for the log.
        reason: String,
    },
    /// ConnectWise, or our own limit, asked to wait; nothing was changed.
    #[error("too many requests")]
    Busy {
        /// For how long.
        retry_after: Option<Duration>,
    },
    /// The site knows no such login company.
    #[error("the company {company} is not known")]
    UnknownCompany {
        /// The company.
        company: String,
    },
    /// The site does not lead to the company's instance; nothing was changed.
    #[error("not routed: {message}")]
    Unroutable {
        /// ConnectWise's words.
        message: String,
    },
    /// The keys were refused; nothing was changed.
    #[error("credentials refused: {message}")]
    Credentials {
        /// ConnectWise's words.
        message: String,
    },
    /// The keys are good but not for this; nothing was changed.
    #[error("not permitted: {message}")]
    NotPermitted {
        /// The rights without one of which it is so; empty if it is not for a right.
        rights: &'static [Right],
        /// ConnectWise's words.
        message: String,
    },
    /// There is no such record, or path; nothing was changed.
    #[error("not found: {message}")]
    Absent {
        /// ConnectWise's words.
        message: String,
    },
    /// The input was refused; nothing was changed.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// An answer that can't be read; a change was made, if one was asked for.
    #[error("unreadable answer: {reason}")]
    Unreadable {
        /// What was wrong with it.
        reason: String,
    },
    /// More than one record where there must be one; nothing was changed.
    #[error("{what} is there more than once: {ids:?}")]
    Ambiguous {
        /// What was looked for.
        what: String,
        /// The numbers of what was found.
        ids: Vec<u32>,
    },
}

/// What ConnectWise says of an input that it does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status} {reason:?} {message} {faults:?} (request {request_id})")]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// Why, on the whole.
    pub reason: Reason,
    /// ConnectWise's words.
    pub message: String,
    /// What is wrong in particular.
    pub faults: Vec<Fault>,
    /// Names the request in ConnectWise's own logs; empty if it is not told.
    pub request_id: String,
}

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub reason: Reason,
    /// ConnectWise's words.
    pub message: String,
    /// The field, such as `status/id`; empty if it is none.
    pub field: String,
    /// Whether it is about what was sent. A patch can fail for what the record holds otherwise.
    pub ours: bool,
}

/// ConnectWise's codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The object does not hold; the faults say why.
    InvalidObject,
    /// A field that must be filled in is not.
    MissingRequiredField,
    /// A text is too long.
    MaxLengthField,
    /// It is there already.
    ObjectExists,
    /// What is referred to is not there, or does not belong.
    NotFound,
    /// A number or a date is beyond its bounds.
    OutOfRange,
    /// A condition names what is no field.
    ApiFindCondition,
    /// The role lacks a right.
    Security,
    /// Another one.
    Other(String),
}

impl From<&str> for Reason {
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

impl Refusal {
    /// Whether it, or one of its faults, is for this reason.
    pub fn is_for(&self, reason: &Reason) -> bool {
        self.reason == *reason || self.faults.iter().any(|fault| fault.reason == *reason)
    }

    /// Whether it is for what somebody else did at the same moment: it may be taken in a while.
    pub fn is_passing(&self) -> bool {
        self.status == StatusCode::CONFLICT && !self.is_for(&Reason::ObjectExists)
    }
}

impl ConnectWiseError {
    /// Whether it refuses an input for a field, or a part of it.
    pub fn is_about(&self, field: &str) -> bool {
        let of = |fault: &Fault| fault.field.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case(field));
        matches!(self, Self::Refused(refusal) if refusal.faults.iter().any(of))
    }

    /// Whether what was to be created may be there all the same.
    pub(crate) fn may_be_there(&self) -> bool {
        match self {
            Self::Unknown { .. } | Self::Unreadable { .. } => true,
            Self::Refused(refusal) => refusal.is_for(&Reason::ObjectExists),
            Self::Unreached { .. }
            | Self::Busy { .. }
            | Self::UnknownCompany { .. }
            | Self::Unroutable { .. }
            | Self::Credentials { .. }
            | Self::NotPermitted { .. }
            | Self::Absent { .. }
            | Self::Ambiguous { .. } => false,
        }
    }

    /// Whether another codebase may be what is wrong, and the call can be made again there.
    pub(super) fn may_have_moved(&self, method: &Method) -> bool {
        match self {
            Self::Unroutable { .. } => true,
            Self::Absent { .. } => *method == Method::GET,
            Self::Unreached { .. }
            | Self::Unknown { .. }
            | Self::Busy { .. }
            | Self::UnknownCompany { .. }
            | Self::Credentials { .. }
            | Self::NotPermitted { .. }
            | Self::Refused(_)
            | Self::Unreadable { .. }
            | Self::Ambiguous { .. } => false,
        }
    }
}

impl From<HttpError> for ConnectWiseError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotSent { reason } => Self::Unreached { reason },
            HttpError::OutcomeUnknown { reason } => Self::Unknown { reason },
            HttpError::RateLimited { retry_after } => Self::Busy { retry_after },
        }
    }
}

/// What an answer other than a success says, to a call that touches these fields and takes one of these rights.
pub fn refused(response: &Response, touched: &[&str], rights: &'static [Right]) -> ConnectWiseError {
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let said = |name: &str| body.as_ref().and_then(|body| body.get(name)?.as_str()).unwrap_or_default();
    let reason = Reason::from(said("code"));
    let message = words(response, said("message"));
    // Of the gateway in front of the cloud, and of hosts that are people's.
    if message.contains("Cannot route") || message.contains("SSL is required") {
        return ConnectWiseError::Unroutable { message };
    }
    match response.status {
        StatusCode::UNAUTHORIZED => ConnectWiseError::Credentials { message },
        StatusCode::FORBIDDEN => {
            let rights = if reason == Reason::Security { rights } else { &[] };
            ConnectWiseError::NotPermitted { rights, message }
        }
        StatusCode::NOT_FOUND => ConnectWiseError::Absent { message },
        status => {
            let errors = body.as_ref().and_then(|body| body.get("errors")?.as_array());
            let faults = errors.into_iter().flatten().map(|error| fault(error, touched)).collect();
            let request_id = response.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
            ConnectWiseError::Refused(Refusal {
                status: status.as_u16(),
                reason,
                message,
                faults,
                request_id: request_id.to_owned(),
            })
        }
    }
}

fn fault(error: &Value, touched: &[&str]) -> Fault {
    let said = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let field = said("field");
    let name = field.split('/').next().unwrap_or_default();
    Fault {
        reason: Reason::from(said("code")),
        message: cut(said("message"), MAX_MESSAGE_LEN).to_owned(),
        field: field.to_owned(),
        ours: touched.is_empty() || name.is_empty() || touched.iter().any(|field| field.eq_ignore_ascii_case(name)),
    }
}

/// The message, else the body without its tags, else the status.
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
    if text.is_empty() { format!("status {}", response.status.as_u16()) } else { cut(&text, MAX_MESSAGE_LEN).to_owned() }
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
        refused(
            &Response { status: StatusCode::from_u16(status).unwrap(), headers, body },
            touched,
            &[Right::Agreements],
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
        let ConnectWiseError::Refused(refusal) = answer(502, &"<p>x</p>".repeat(900), &[]) else { panic!() };
        assert_eq!(refusal.message.chars().count(), MAX_MESSAGE_LEN);
    }

    #[test]
    fn a_right_is_named_for_security_alone() {
        let rights = |body: &str| match answer(403, body, &[]) {
            ConnectWiseError::NotPermitted { rights, .. } => rights,
            other => panic!("{other}"),
        };
        assert_eq!(
            rights(r#"{"code":"Security","message":"You do not have security permission."}"#),
            [Right::Agreements]
        );
        assert_eq!(rights(r#"{"code":"ConnectWiseApi","message":"The clientId header is missing or invalid."}"#), []);
    }

    #[test]
    fn a_conflict_passes_unless_it_is_there_already() {
        let passes = |status, body: &str| match answer(status, body, &[]) {
            ConnectWiseError::Refused(refusal) => refusal.is_passing(),
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
        let ConnectWiseError::Refused(refusal) = answer(400, &body.to_string(), &["status"]) else { panic!() };
        let seen: Vec<_> =
            refusal.faults.iter().map(|fault| (&fault.reason, fault.field.as_str(), fault.ours)).collect();
        assert_eq!(
            seen,
            [
                (&Reason::NotFound, "status/id", true),
                (&Reason::OutOfRange, "yearEstablished", false),
                (&Reason::Other("Tomorrow".to_owned()), "", true)
            ]
        );
        assert!(refusal.is_for(&Reason::InvalidObject) && refusal.is_for(&Reason::OutOfRange));
        assert!(!refusal.is_for(&Reason::ObjectExists));
    }
}
