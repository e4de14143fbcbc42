//! What a call set out to do, kept with its work in flight, so that it can be finished without its caller.

use serde::{Deserialize, Serialize};

use crate::domain::account;
use crate::domain::ids::AccountId;
use crate::domain::order::Order;

/// A change to an account or its subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Make the account at the vendor as wished.
    Synchronize(account::Wish),
    /// Forget the account.
    Delete(AccountId),
    /// Make the subscription as ordered.
    Provision(Order),
}

impl Task {
    /// What it is called.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Synchronize(_) => "accounts/synchronize",
            Self::Delete(_) => "accounts/delete",
            Self::Provision(order) => order.operation(),
        }
    }
}
