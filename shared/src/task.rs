//! What a call set out to do, kept with its work in flight, so that it can be finished without its caller.

use serde::{Deserialize, Serialize};

use crate::account;
use crate::call::Call;
use crate::failure::Failure;
use crate::ids::AccountId;
use crate::order::Order;
use crate::provisioning::carry_out;
use crate::synchronization::{delete, synchronize};

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

    /// Does it, from wherever things stand.
    pub async fn run(&self, call: &Call<'_>) -> Result<(), Failure> {
        match self {
            Self::Synchronize(wish) => synchronize(call, wish).await.map(drop),
            Self::Delete(account) => delete(call, account.clone()).await,
            Self::Provision(order) => carry_out(call, order).await.map(drop),
        }
    }
}
