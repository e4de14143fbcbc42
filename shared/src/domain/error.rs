//! The error of every endpoint and worker.
//!
//! Each layer has its own error type, whose conversion into [`ServiceError`] stands beside it. A [`ServiceError`] has
//! an external message, which says what happened and what to do, and an internal one for the log. Neither contains a
//! secret.

use std::fmt;

use crate::bss::Malformed;
use crate::domain::error_code::ErrorCode;

/// The error of a request or job that was rejected or failed.
#[derive(Clone, Debug)]
pub struct ServiceError {
    code: ErrorCode,
    message: String,
    internal: Option<String>,
    fields: Vec<(&'static str, String)>,
    retry_after: Option<i64>,
}

impl ServiceError {
    /// Returns an error. `message` says what happened and what to do; a person reads it.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), internal: None, fields: Vec::new(), retry_after: None }
    }

    /// Adds a description for the log, which replaces `message` there.
    #[must_use]
    pub fn with_internal(mut self, internal: impl fmt::Display) -> Self {
        self.internal = Some(internal.to_string());
        self
    }

    /// Adds the error of each invalid input field.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<(&'static str, String)>) -> Self {
        self.fields = fields;
        self
    }

    /// Adds the time after which the request can succeed, in seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: i64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Returns the error for a failure of the service manager. `cause` goes to the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(
            ErrorCode::Internal,
            "The service manager failed. No data is lost. Try again. If it fails again, report the reference to the service manager's operator.",
        )
        .with_internal(cause)
    }

    /// Returns the code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Returns the error of each invalid input field, by field name; empty if errors are not reported by field.
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.fields
    }

    /// Returns the time after which the request can succeed, in seconds, if it is known.
    pub fn retry_after(&self) -> Option<i64> {
        self.retry_after
    }

    /// Returns the message for a person.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the description for the log.
    pub fn log_message(&self) -> &str {
        self.internal.as_deref().unwrap_or(&self.message)
    }
}

impl From<Malformed> for ServiceError {
    fn from(malformed: Malformed) -> Self {
        Self::new(ErrorCode::BadRequest, malformed.to_string())
    }
}
