//! Why an errand is not as it shall be, told by who can do something about it.

use crate::connectwise::ConnectWiseError;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::store::StoreError;

const FOLLOW_REASON: &str = "Do what the reason says";

/// Why work on an errand stopped.
#[derive(Debug)]
pub enum SyncError {
    /// Somebody has to mend something.
    NeedsAction {
        /// Why.
        reason: String,
        /// What is to be done.
        required_action: String,
    },
    /// Somebody has to mend something, and then have it tried again where this kind of errand is.
    NeedsActionThenRetry {
        /// Why.
        reason: String,
        /// What is to be done first.
        first: &'static str,
    },
    /// It is tried again by itself.
    Transient {
        /// Why.
        reason: String,
    },
    /// ConnectWise did not answer, or asked to wait. It is tried again by itself.
    Unresponsive {
        /// Why.
        reason: String,
    },
    /// It was not begun, since ConnectWise did not answer something else. It is tried again by itself.
    Skipped,
    /// We are broken, or the table is.
    Internal(ServiceError),
}

impl SyncError {
    /// Somebody has to do `to_do`.
    pub fn needs_action(reason: impl Into<String>, to_do: &str) -> Self {
        Self::NeedsAction { reason: reason.into(), required_action: to_do.to_owned() }
    }

    /// The plan's product is missing.
    pub fn product_missing(reason: impl Into<String>) -> Self {
        Self::needs_action(reason, "Create the plan anew at portal/plans/create, then try again at portal/additions/retry.")
    }

    /// It is tried again.
    pub fn transient(reason: impl Into<String>) -> Self {
        Self::Transient { reason: reason.into() }
    }
}

impl From<ConnectWiseError> for SyncError {
    fn from(error: ConnectWiseError) -> Self {
        let reason = error.explain();
        match error {
            ConnectWiseError::Refused(refusal) if refusal.is_passing() => Self::transient(reason),
            ConnectWiseError::Unreached { .. } | ConnectWiseError::Unknown { .. } | ConnectWiseError::Busy { .. } => {
                Self::Unresponsive { reason }
            }
            ConnectWiseError::Unreadable { .. } => Self::transient(reason),
            ConnectWiseError::UnknownCompany { .. }
            | ConnectWiseError::Unroutable { .. }
            | ConnectWiseError::Credentials { .. } => {
                Self::NeedsActionThenRetry { reason, first: "Submit the settings anew at portal/settings/credentials" }
            }
            ConnectWiseError::NotPermitted { .. }
            | ConnectWiseError::Absent { .. }
            | ConnectWiseError::Refused(_)
            | ConnectWiseError::Ambiguous { .. } => Self::NeedsActionThenRetry { reason, first: FOLLOW_REASON },
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
            return Self::NeedsActionThenRetry { reason: failure.message().to_owned(), first: FOLLOW_REASON };
        }
        Self::Internal(failure)
    }
}
