//! Why an addition is not as it shall be, told by who can do something about it.

use crate::code::Code;
use crate::connectwise::ConnectWiseError;
use crate::failure::Failure;
use crate::store::StoreError;

const RETRY: &str = "Do what the reason says, then try again at portal/additions/retry.";

/// Why work on an addition stopped.
#[derive(Debug)]
pub enum Stop {
    /// Somebody has to mend something.
    Mend {
        /// Why.
        reason: String,
        /// What is to be done.
        to_do: String,
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
    Broken(Failure),
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
            ConnectWiseError::Unreached { .. } | ConnectWiseError::Unknown { .. } | ConnectWiseError::Busy { .. } => {
                Self::Unanswered { reason }
            }
            ConnectWiseError::Unreadable { .. } => Self::later(reason),
            ConnectWiseError::UnknownCompany { .. }
            | ConnectWiseError::Unroutable { .. }
            | ConnectWiseError::Credentials { .. } => Self::mend(
                reason,
                "Submit the settings anew at portal/settings/credentials, then try again at portal/additions/retry.",
            ),
            ConnectWiseError::NotPermitted { .. }
            | ConnectWiseError::Absent { .. }
            | ConnectWiseError::Refused(_)
            | ConnectWiseError::Ambiguous { .. } => Self::mend(reason, RETRY),
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Broken(error.into())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        if failure.code() == Code::ConnectWiseUnset {
            return Self::mend(failure.message(), RETRY);
        }
        Self::Broken(failure)
    }
}
