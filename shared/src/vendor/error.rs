//! Errors of vendor calls, by the effect that the call can have had.

use std::time::Duration;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::http_client::HttpError;

/// The error of a vendor call. Each variant states whether the vendor can have made a change.
#[derive(Clone, Debug, thiserror::Error)]
pub enum VendorError {
    /// Nothing was changed: the request was not sent, or it only reads.
    #[error("request not sent: {reason}")]
    NotSent {
        /// Cause, for the log.
        reason: String,
    },
    /// A change was sent and not answered. The vendor may have made it.
    #[error("outcome unknown: {reason}")]
    OutcomeUnknown {
        /// Cause, for the log.
        reason: String,
    },
    /// The vendor rejected the credentials. Nothing was changed.
    #[error("credentials rejected")]
    Unauthorized,
    /// The credentials are valid but lack the permission. Nothing was changed.
    #[error("forbidden: {message}")]
    Forbidden {
        /// The vendor's message.
        message: String,
    },
    /// The vendor limits the rate of requests. Nothing was changed.
    #[error("rate limited")]
    RateLimited {
        /// Delay that the vendor asks for, if it names one.
        retry_after: Option<Duration>,
    },
    /// The vendor does not know the object. Nothing was changed.
    #[error("not found")]
    NotFound,
    /// The vendor rejected the input. Nothing was changed.
    #[error("rejected: {message}")]
    Rejected {
        /// The vendor's message.
        message: String,
        /// Members of the request that the vendor named; for Dropbox, the tag of the error.
        members: Vec<String>,
        /// `true` if the vendor reports that such an object already exists.
        duplicate: bool,
    },
    /// The response to a read cannot be read. Nothing was changed.
    #[error("invalid response: {reason}")]
    InvalidResponse {
        /// Fault of the response, for the log.
        reason: String,
    },
    /// A list cannot be read to its end. Nothing was changed.
    #[error("the list is not whole")]
    IncompleteList,
}

impl VendorError {
    /// Returns the error as that of a change: the vendor may have made one whose response cannot be read.
    pub(super) fn of_change(self) -> Self {
        match self {
            Self::InvalidResponse { reason } => Self::OutcomeUnknown { reason },
            error => error,
        }
    }
}

/// Returns the error for an object at the vendor that another channel sold.
pub fn other_channel_error(id: &ExternalId) -> ServiceError {
    ServiceError::new(
        ErrorCode::ExternalIdTaken,
        format!(
            "The customer {id} at the vendor belongs to another channel: an MSP sold it in its portal, or another installation of the platform did. Change or cancel it there. To sell to another customer here, use another email address."
        ),
    )
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
        let internal = error.to_string();
        let service_error = match error {
            VendorError::NotSent { .. } => Self::new(
                ErrorCode::VendorUnavailable,
                "The vendor could not be reached. Nothing was changed. Try again in a few minutes.",
            ),
            VendorError::OutcomeUnknown { .. } => Self::new(
                ErrorCode::OutcomeUnknown,
                "The vendor did not confirm the change, so it may or may not have been made. Try again: the outcome is looked up before anything is sent again.",
            ),
            VendorError::Unauthorized => Self::new(
                ErrorCode::CredentialsRefused,
                "The vendor rejected the partner's credentials. Compare them with the vendor's portal, correct them, then try again.",
            ),
            VendorError::Forbidden { message } => Self::new(
                ErrorCode::CredentialsRefused,
                format!(
                    "The partner's credentials do not have permission for this request ({message}). Ask the vendor for direct partner rights."
                ),
            ),
            VendorError::RateLimited { .. } => Self::new(
                ErrorCode::VendorUnavailable,
                "The vendor is too busy. Nothing was changed. Try again in a few minutes.",
            ),
            VendorError::NotFound => Self::new(
                ErrorCode::MissingAtVendor,
                "This customer no longer exists at the vendor. Check it in the vendor's portal.",
            ),
            VendorError::Rejected { message, .. } => {
                Self::new(ErrorCode::VendorRefused, format!("The vendor rejected the request: {message}"))
            }
            VendorError::InvalidResponse { .. } => Self::new(
                ErrorCode::VendorUnavailable,
                "The vendor's response could not be read. Try again. If it happens again, report it to the operator of the service manager.",
            ),
            VendorError::IncompleteList => Self::new(
                ErrorCode::VendorUnavailable,
                "The vendor's list could not be read to its end, and a part of it proves nothing. Nothing was changed. Try again. If it happens again, report it to the operator of the service manager.",
            ),
        };
        service_error.with_internal(internal)
    }
}
