//! What a call set out to do, kept with its work in flight, so that it can be finished without its caller.

use serde::{Deserialize, Serialize};

use crate::domain::account;
use crate::domain::ids::AccountId;
use crate::domain::order::Order;

/// A change to an account or its subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Make the account at the vendor as wished.
    SyncAccount(account::DesiredAccount),
    /// Forget the account.
    DeleteAccount(AccountId),
    /// Make the subscription as ordered.
    ProvisionSubscription(Order),
}

impl Job {
    /// What it is called.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::SyncAccount(_) => "accounts/synchronize",
            Self::DeleteAccount(_) => "accounts/delete",
            Self::ProvisionSubscription(order) => order.operation(),
        }
    }
}
