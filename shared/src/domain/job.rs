//! Jobs: the intended change of a request. A job is stored with the account while it is in flight, so that it can be
//! completed without its caller.

use serde::{Deserialize, Serialize};

use crate::domain::account;
use crate::domain::ids::{AccountId, SubscriptionId};
use crate::domain::order::Order;

/// A change to an account or its subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Bring the account at the vendor to the desired state.
    SyncAccount(account::DesiredAccount),
    /// Delete the account's records.
    DeleteAccount(AccountId),
    /// Bring the subscription to the ordered state.
    ProvisionSubscription(Order),
}

impl Job {
    /// Returns the path of the endpoint that requested the job.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::SyncAccount(_) => "accounts/synchronize",
            Self::DeleteAccount(_) => "accounts/delete",
            Self::ProvisionSubscription(order) => order.operation(),
        }
    }

    /// Returns the BSS's id of the subscription that the job changes, if the request named it.
    pub fn subscription(&self) -> Option<&SubscriptionId> {
        match self {
            Self::SyncAccount(_) | Self::DeleteAccount(_) => None,
            Self::ProvisionSubscription(order) => order.target.id.as_ref(),
        }
    }
}
