//! Failures of vendor calls, by whether the vendor can have acted.

use std::time::Duration;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::http_client::HttpError;

/// How a vendor call failed, told by whether the vendor can have acted.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VendorError {
    /// Nothing was changed: it was never sent, or it only read.
    #[error("not reached: {reason}")]
    NotSent {
        /// What happened, for the log.
        reason: String,
    },
    /// A change was sent and not answered; it may have been made.
    #[error("unanswered: {reason}")]
    OutcomeUnknown {
        /// What happened, for the log.
        reason: String,
    },
    /// The credentials were refused; nothing was changed.
    #[error("credentials refused")]
    Unauthorized,
    /// The credentials are good but not for this; nothing was changed.
    #[error("not permitted: {message}")]
    Forbidden {
        /// The vendor's words.
        message: String,
    },
    /// The vendor asked to be left alone; nothing was changed.
    #[error("too many requests")]
    RateLimited {
        /// For how long.
        retry_after: Option<Duration>,
    },
    /// The vendor does not know what was named; nothing was changed.
    #[error("not found")]
    NotFound,
    /// The input was refused; nothing was changed.
    #[error("refused: {message}")]
    Rejected {
        /// The vendor's words.
        message: String,
        /// The members that it named.
        members: Vec<String>,
        /// Whether it said that something is there already.
        duplicate: bool,
    },
    /// An answer that can't be read; a change was made, if one was asked for.
    #[error("unreadable answer: {reason}")]
    InvalidResponse {
        /// What was wrong with it.
        reason: String,
    },
}

impl From<HttpError> for VendorError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotSent { reason } => Self::NotSent { reason },
            HttpError::OutcomeUnknown { reason } => Self::OutcomeUnknown { reason },
            HttpError::RateLimited { retry_after } => Self::RateLimited { retry_after },
        }
    }
}

impl From<VendorError> for ServiceError {
    fn from(error: VendorError) -> Self {
        let log = error.to_string();
        let failure = match error {
            VendorError::NotSent { .. } => Self::new(
                ErrorCode::VendorUnavailable,
                "The vendor could not be reached; nothing was changed. Press Retry in a few minutes.",
            ),
            VendorError::OutcomeUnknown { .. } => Self::new(
                ErrorCode::OutcomeUnknown,
                "The vendor did not answer in time, and may or may not have made the change. Press Retry: what became of it is looked up first.",
            ),
            VendorError::Unauthorized => Self::new(
                ErrorCode::CredentialsRefused,
                "The vendor refused the partner's credentials. Compare them with the vendor's portal and mend the integration's settings.",
            ),
            VendorError::Forbidden { message } => Self::new(
                ErrorCode::CredentialsRefused,
                format!(
                    "The vendor does not permit this with the partner's credentials ({message}). Ask the vendor for direct partner rights."
                ),
            ),
            VendorError::RateLimited { .. } => Self::new(
                ErrorCode::VendorUnavailable,
                "The vendor is too busy; nothing was changed. Press Retry in a few minutes.",
            ),
            VendorError::NotFound => Self::new(
                ErrorCode::MissingAtVendor,
                "The vendor does not know this customer any more. Check it in the vendor's portal.",
            ),
            VendorError::Rejected { message, .. } => {
                Self::new(ErrorCode::VendorRefused, format!("The vendor refused: {message}"))
            }
            VendorError::InvalidResponse { .. } => Self::new(
                ErrorCode::VendorUnavailable,
                "The vendor answered something unexpected. Press Retry; if it happens again, report it to the service manager's operator.",
            ),
        };
        failure.with_internal(log)
    }
}
