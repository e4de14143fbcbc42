//! Why a call did not do what was asked, and the one way from there to the wire.
//!
//! Each layer has its own error: [`Malformed`] the parser, [`StoreError`] the store, [`VendorError`] the sender. They
//! come together here. A failure has an external message, which says what to do and reaches a person, and an internal
//! one, which says what happened and reaches the log. Neither ever holds a secret.

use std::fmt;

use crate::bss::Malformed;
use crate::code::Code;
use crate::connectwise::ConnectWiseError;
use crate::store::StoreError;
use crate::vendor::VendorError;

/// A call that was refused or failed.
#[derive(Clone, Debug)]
pub struct Failure {
    code: Code,
    message: String,
    internal: Option<String>,
    fields: Vec<(&'static str, String)>,
}

impl Failure {
    /// A failure whose `message` tells a person what to do.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), internal: None, fields: Vec::new() }
    }

    /// Adds what happened, for the log.
    #[must_use]
    pub fn because(mut self, internal: impl fmt::Display) -> Self {
        self.internal = Some(internal.to_string());
        self
    }

    /// Adds what is wrong with each field of the input.
    #[must_use]
    pub fn about(mut self, fields: Vec<(&'static str, String)>) -> Self {
        self.fields = fields;
        self
    }

    /// A defect of ours.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::new(
            Code::Internal,
            "The service manager failed. Nothing is lost: report the TrackId or the time to its operator, then press Retry.",
        )
        .because(what)
    }

    /// Its code.
    pub fn code(&self) -> Code {
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

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Self {
        Self::new(Code::BadRequest, malformed.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(reason) => Self::new(
                Code::StoreUnavailable,
                "The service manager's records could not be reached. Nothing is lost: press Retry.",
            )
            .because(reason),
            StoreError::LeaseLost => Self::new(
                Code::InProgress,
                "Another call took over this account while this one was at work. Press Retry in half a minute.",
            ),
            StoreError::ExternalIdTaken(id) => Self::new(
                Code::ExternalIdTaken,
                format!("{id} at the vendor is linked to another account of the BSS. Unlink it there first."),
            ),
            StoreError::Unreadable(reason) => Self::internal(reason),
        }
    }
}

impl From<ConnectWiseError> for Failure {
    fn from(error: ConnectWiseError) -> Self {
        let code = match &error {
            ConnectWiseError::Unreached { .. }
            | ConnectWiseError::Busy { .. }
            | ConnectWiseError::Unreadable { .. } => Code::ConnectWiseUnavailable,
            ConnectWiseError::Unknown { .. } => Code::OutcomeUnknown,
            ConnectWiseError::Ambiguous { .. } => Code::Ambiguous,
            ConnectWiseError::UnknownCompany { .. }
            | ConnectWiseError::Unroutable { .. }
            | ConnectWiseError::Credentials { .. }
            | ConnectWiseError::NotPermitted { .. }
            | ConnectWiseError::Absent { .. }
            | ConnectWiseError::Refused(_) => Code::ConnectWiseRefused,
        };
        Self::new(code, error.explain()).because(error)
    }
}

impl From<VendorError> for Failure {
    fn from(error: VendorError) -> Self {
        let log = error.to_string();
        let failure = match error {
            VendorError::Unreached { .. } => Self::new(
                Code::VendorUnavailable,
                "The vendor could not be reached; nothing was changed. Press Retry in a few minutes.",
            ),
            VendorError::Unknown { .. } => Self::new(
                Code::OutcomeUnknown,
                "The vendor did not answer in time, and may or may not have made the change. Press Retry: what became of it is looked up first.",
            ),
            VendorError::Credentials => Self::new(
                Code::CredentialsRefused,
                "The vendor refused the partner's credentials. Compare them with the vendor's portal and mend the integration's settings.",
            ),
            VendorError::NotPermitted { message } => Self::new(
                Code::CredentialsRefused,
                format!(
                    "The vendor does not permit this with the partner's credentials ({message}). Ask the vendor for direct partner rights."
                ),
            ),
            VendorError::Busy { .. } => Self::new(
                Code::VendorUnavailable,
                "The vendor is too busy; nothing was changed. Press Retry in a few minutes.",
            ),
            VendorError::Absent => Self::new(
                Code::Gone,
                "The vendor does not know this customer any more. Check it in the vendor's portal.",
            ),
            VendorError::Refused { message, .. } => {
                Self::new(Code::VendorRefused, format!("The vendor refused: {message}"))
            }
            VendorError::Unreadable { .. } => Self::new(
                Code::VendorUnavailable,
                "The vendor answered something unexpected. Press Retry; if it happens again, report it to the service manager's operator.",
            ),
        };
        failure.because(log)
    }
}
