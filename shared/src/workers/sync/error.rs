//! Why an errand is not as it shall be, told by who can do something about it.

use crate::connectwise::ConnectWiseError;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::store::StoreError;

const MEND: &str = "Do what the reason says";

/// Why work on an errand stopped.
#[derive(Debug)]
pub enum Stop {
    /// Somebody has to mend something.
    Mend {
        /// Why.
        reason: String,
        /// What is to be done.
        to_do: String,
    },
    /// Somebody has to mend something, and then have it tried again where this kind of errand is.
    MendAndRetry {
        /// Why.
        reason: String,
        /// What is to be done first.
        first: &'static str,
    },
    /// It is tried again by itself.
    Later {
        /// Why.
        reason: String,
    },
    /// ConnectWise did not answer, or asked to wait. It is tried again by itself.
    Unanswered {
        /// Why.
        reason: String,
    },
    /// It was not begun, since ConnectWise did not answer something else. It is tried again by itself.
    Skipped,
    /// We are broken, or the table is.
    Broken(ServiceError),
}

impl Stop {
    /// Somebody has to do `to_do`.
    pub fn mend(reason: impl Into<String>, to_do: &str) -> Self {
        Self::Mend { reason: reason.into(), to_do: to_do.to_owned() }
    }

    /// The plan's product is missing.
    pub fn without_product(reason: impl Into<String>) -> Self {
        Self::mend(reason, "Create the plan anew at portal/plans/create, then try again at portal/additions/retry.")
    }

    /// It is tried again.
    pub fn later(reason: impl Into<String>) -> Self {
        Self::Later { reason: reason.into() }
    }
}

impl From<ConnectWiseError> for Stop {
    fn from(error: ConnectWiseError) -> Self {
        let reason = error.explain();
        match error {
            ConnectWiseError::Refused(refusal) if refusal.is_passing() => Self::later(reason),
            ConnectWiseError::Unreached { .. } | ConnectWiseError::Unknown { .. } | ConnectWiseError::Busy { .. } => {
                Self::Unanswered { reason }
            }
            ConnectWiseError::Unreadable { .. } => Self::later(reason),
            ConnectWiseError::UnknownCompany { .. }
            | ConnectWiseError::Unroutable { .. }
            | ConnectWiseError::Credentials { .. } => {
                Self::MendAndRetry { reason, first: "Submit the settings anew at portal/settings/credentials" }
            }
            ConnectWiseError::NotPermitted { .. }
            | ConnectWiseError::Absent { .. }
            | ConnectWiseError::Refused(_)
            | ConnectWiseError::Ambiguous { .. } => Self::MendAndRetry { reason, first: MEND },
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<ServiceError> for Stop {
    fn from(failure: ServiceError) -> Self {
        if failure.code() == ErrorCode::ConnectWiseNotConfigured {
            return Self::MendAndRetry { reason: failure.message().to_owned(), first: MEND };
        }
        Self::Broken(failure)
    }
}
