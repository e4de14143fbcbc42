//! Reasons why an addition or a ticket could not be synchronized, sorted by who can resolve them.

use crate::connectwise::ConnectWiseError;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::store::StoreError;

const RESOLVE_REASON: &str = "Resolve the cause that the reason states";

/// Reason of a record that was skipped because the circuit breaker is open.
pub const SKIPPED_MESSAGE: &str =
    "ConnectWise did not answer an earlier request, so this one was not sent. It is retried automatically.";

/// Required action if ConnectWise does not accept the site, the company or the keys. New ones are in force only after
/// `settings/save`, which also requests a retry of everything that failed for the MSP.
pub(super) const RENEW_CONNECTION: &str = "Enter the correct site, company and keys at portal/settings/credentials, then save the settings at portal/settings/save. Everything that failed is then retried automatically.";

/// The error that ended a sync attempt.
#[derive(Debug)]
pub enum SyncError {
    /// A person must act; the action includes the retry.
    NeedsAction {
        /// The cause.
        reason: String,
        /// The complete instructions.
        required_action: String,
    },
    /// A person must act, and then retry at the record's [`RETRY_ENDPOINT`](crate::store::SyncRecord::RETRY_ENDPOINT).
    NeedsActionThenRetry {
        /// The cause.
        reason: String,
        /// The instructions without the retry, and without a full stop.
        first: &'static str,
    },
    /// A transient error. The record is retried automatically.
    Transient {
        /// The cause.
        reason: String,
    },
    /// ConnectWise did not answer, or limited the rate. The record is retried automatically, and the circuit breaker trips.
    Unresponsive {
        /// The cause.
        reason: String,
    },
    /// ConnectWise does not accept the site, the company or the keys. Only a second refusal is believed.
    KeysRefused {
        /// The cause.
        reason: String,
    },
    /// The attempt was not begun, because the circuit breaker is open. The record is retried automatically.
    Skipped,
    /// The service manager or the table failed. The record is retried automatically.
    Internal(ServiceError),
}

impl SyncError {
    /// Returns a [`NeedsAction`](Self::NeedsAction).
    pub fn needs_action(reason: impl Into<String>, required_action: &str) -> Self {
        Self::NeedsAction { reason: reason.into(), required_action: required_action.to_owned() }
    }

    /// Returns the error for a plan whose product does not exist in ConnectWise.
    pub fn product_missing(reason: impl Into<String>) -> Self {
        Self::needs_action(
            reason,
            "Create the plan again at portal/plans/create, then try again at portal/additions/retry.",
        )
    }

    /// Returns the cause, for a log.
    pub fn reason(&self) -> &str {
        match self {
            Self::NeedsAction { reason, .. }
            | Self::NeedsActionThenRetry { reason, .. }
            | Self::Transient { reason }
            | Self::Unresponsive { reason }
            | Self::KeysRefused { reason } => reason,
            Self::Skipped => SKIPPED_MESSAGE,
            Self::Internal(failure) => failure.message(),
        }
    }

    /// Returns a [`Transient`](Self::Transient).
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient { reason: reason.into() }
    }
}

impl From<ConnectWiseError> for SyncError {
    fn from(error: ConnectWiseError) -> Self {
        let reason = error.user_message();
        match error {
            ConnectWiseError::Rejected(rejection) if rejection.is_transient() => Self::transient(reason),
            ConnectWiseError::NotSent { .. }
            | ConnectWiseError::OutcomeUnknown { .. }
            | ConnectWiseError::RateLimited { .. }
            | ConnectWiseError::Intercepted { .. } => Self::Unresponsive { reason },
            ConnectWiseError::InvalidResponse { .. } => Self::transient(reason),
            ConnectWiseError::UnknownCompany { .. }
            | ConnectWiseError::SiteMismatch { .. }
            | ConnectWiseError::Unauthorized { .. } => Self::KeysRefused { reason },
            ConnectWiseError::Forbidden { .. }
            | ConnectWiseError::NotFound { .. }
            | ConnectWiseError::Rejected(_)
            | ConnectWiseError::Ambiguous { .. } => Self::NeedsActionThenRetry { reason, first: RESOLVE_REASON },
        }
    }
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.into())
    }
}

impl From<ServiceError> for SyncError {
    fn from(failure: ServiceError) -> Self {
        if failure.code() == ErrorCode::ConnectWiseNotConfigured {
            return Self::NeedsActionThenRetry { reason: failure.message().to_owned(), first: RESOLVE_REASON };
        }
        Self::Internal(failure)
    }
}
