//! The error of every endpoint and worker.
//!
//! Each layer has its own error type, and its conversion into [`Failure`] stands beside it. A [`Failure`] has an external
//! message, which says what happened and what to do, and an internal one for the log. Neither holds a secret.

use std::fmt;

use crate::bss::Malformed;
use crate::domain::error_code::ErrorCode;

/// A call that was refused or failed.
#[derive(Clone, Debug)]
pub struct ServiceError {
    code: ErrorCode,
    message: String,
    internal: Option<String>,
    fields: Vec<(&'static str, String)>,
}

impl ServiceError {
    /// A failure whose `message` tells a person what to do.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), internal: None, fields: Vec::new() }
    }

    /// Adds what happened, for the log.
    #[must_use]
    pub fn with_internal(mut self, internal: impl fmt::Display) -> Self {
        self.internal = Some(internal.to_string());
        self
    }

    /// Adds what is wrong with each field of the input.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<(&'static str, String)>) -> Self {
        self.fields = fields;
        self
    }

    /// A defect of ours.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::new(
            ErrorCode::Internal,
            "The service manager failed. Nothing is lost: report the TrackId or the time to its operator, then press Retry.",
        )
        .with_internal(what)
    }

    /// Its code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What is wrong with each field of the input, where that is told field by field.
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.fields
    }

    /// What a person is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the log is told.
    pub fn log_message(&self) -> &str {
        self.internal.as_deref().unwrap_or(&self.message)
    }
}

impl From<Malformed> for ServiceError {
    fn from(malformed: Malformed) -> Self {
        Self::new(ErrorCode::BadRequest, malformed.to_string())
    }
}
