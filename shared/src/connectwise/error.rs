//! Errors of requests to ConnectWise, by whether ConnectWise can have acted.

use std::time::Duration;

use http::{Method, StatusCode};

use crate::connectwise::permission::Permission;
use crate::http_client::{Effect, HttpError};

/// A failed request.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectWiseError {
    /// Nothing was changed: the request was never sent, or it only reads.
    #[error("failed without effect: {reason}")]
    NotSent {
        /// The cause, for the log.
        reason: String,
    },
    /// A change was sent without a response. It may have been made.
    #[error("outcome unknown: {reason}")]
    OutcomeUnknown {
        /// The cause, for the log.
        reason: String,
    },
    /// ConnectWise, or our own rate limit, asked to wait. Nothing was changed.
    #[error("rate limited")]
    RateLimited {
        /// The time to wait, if it was stated.
        retry_after: Option<Duration>,
    },
    /// A system in front of ConnectWise answered: a gateway, a firewall or a sign-in page. What it says is not about the
    /// request. A change may have been made if `effect` is a write, because ConnectWise's own answer may be lost.
    #[error("not ConnectWise's answer: status {status}: {message}")]
    Intercepted {
        /// The HTTP status.
        status: u16,
        /// The text of the answer.
        message: String,
        /// The effect of the request.
        effect: Effect,
    },
    /// The site has no such login company.
    #[error("unknown company {company}")]
    UnknownCompany {
        /// The company.
        company: String,
    },
    /// The site does not lead to the company's instance. Nothing was changed.
    #[error("site mismatch: {message}")]
    SiteMismatch {
        /// ConnectWise's message.
        message: String,
    },
    /// The keys were rejected. Nothing was changed.
    #[error("unauthorized: {message}")]
    Unauthorized {
        /// ConnectWise's message.
        message: String,
    },
    /// The keys are valid but do not permit the request. Nothing was changed.
    #[error("forbidden: {message}")]
    Forbidden {
        /// Permissions, at least one of which is missing. Empty if the cause is not a permission.
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
    #[error("rejected: {0}")]
    Rejected(Rejection),
    /// The response to a read cannot be decoded, or a list is not whole. Nothing was changed.
    #[error("invalid response: {reason}")]
    InvalidResponse {
        /// The cause.
        reason: String,
    },
    /// More than one record exists where there must be one. Nothing was changed.
    #[error("{label} exists more than once: {ids:?}")]
    Ambiguous {
        /// Description of the record.
        label: String,
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
    /// `true` if the error concerns a value that we sent: of a patch, only if it names one of the changed fields. A patch can
    /// fail because of other values of the record.
    pub sent_by_us: bool,
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
    /// Returns `true` if the errors of fields concern this field only, such as `agreement` or `agreement/id`.
    pub fn concerns_only(&self, field: &str) -> bool {
        let is_field = |error: &FieldError| {
            error.field.split(['/', '.']).next().is_some_and(|name| name.eq_ignore_ascii_case(field))
        };
        !self.field_errors.is_empty() && self.field_errors.iter().all(is_field)
    }

    /// Returns `true` if the rejection, or one of its field errors, has this reason.
    pub fn has_reason(&self, reason: &RejectionReason) -> bool {
        self.reason == *reason || self.field_errors.iter().any(|error| error.reason == *reason)
    }

    /// Returns `true` if one of its field errors names a field that we sent.
    pub fn names_a_sent_field(&self) -> bool {
        self.field_errors.iter().any(|error| error.sent_by_us)
    }

    /// Returns `true` for a conflict with a simultaneous change. A later attempt may succeed.
    pub fn is_transient(&self) -> bool {
        self.status == StatusCode::CONFLICT && !self.has_reason(&RejectionReason::ObjectExists)
    }
}

impl ConnectWiseError {
    /// Returns `true` for a rejection because of this field or a part of it.
    pub fn concerns_field(&self, field: &str) -> bool {
        let concerns =
            |error: &FieldError| error.field.split('/').next().is_some_and(|name| name.eq_ignore_ascii_case(field));
        matches!(self, Self::Rejected(rejection) if rejection.field_errors.iter().any(concerns))
    }

    /// Returns `true` if the object of a create request may exist despite the error.
    pub(crate) fn may_have_created(&self) -> bool {
        match self {
            Self::OutcomeUnknown { .. } | Self::Intercepted { effect: Effect::Write, .. } => true,
            Self::Rejected(rejection) => rejection.has_reason(&RejectionReason::ObjectExists),
            Self::NotSent { .. }
            | Self::RateLimited { .. }
            | Self::Intercepted { effect: Effect::Read, .. }
            | Self::UnknownCompany { .. }
            | Self::SiteMismatch { .. }
            | Self::Unauthorized { .. }
            | Self::Forbidden { .. }
            | Self::NotFound { .. }
            | Self::InvalidResponse { .. }
            | Self::Ambiguous { .. } => false,
        }
    }

    /// Returns `true` if an outdated codebase may be the cause and the request can be sent again with another one.
    pub(super) fn may_have_migrated(&self, method: &Method) -> bool {
        match self {
            Self::SiteMismatch { .. } => true,
            // A server without the codebase may answer with its own page.
            Self::NotFound { .. } | Self::Intercepted { status: 404, .. } => *method == Method::GET,
            Self::NotSent { .. }
            | Self::OutcomeUnknown { .. }
            | Self::RateLimited { .. }
            | Self::Intercepted { .. }
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
