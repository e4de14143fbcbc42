//! Jobs: the intended change of a request. A job is stored with the account while it is in flight, so that it can be
//! completed without its caller.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::account;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{AccountId, ExternalId, SubscriptionId};
use crate::domain::order::Order;

/// Name of the operator's function that moves a tenant, in messages and in the log.
pub const MIGRATION: &str = "teams-migrate";

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
    /// Move the account's tenant to another reseller.
    MigrateTenant(TenantMigration),
}

/// The move of an account's tenant to another reseller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantMigration {
    /// The account.
    pub account: AccountId,
    /// The vendor's id of the tenant.
    pub tenant: ExternalId,
    /// The reseller that the tenant belongs to, by its id in the vendor's partner portal.
    pub from: String,
    /// The reseller that it moves to.
    pub to: String,
    /// First day that the vendor bills to the new reseller.
    pub billed_from: Date,
}

impl TenantMigration {
    /// Returns the fingerprint of the move of `tenant` between two resellers. The day of the bill is no part of it: a run that is
    /// made again later is for the same move.
    pub fn fingerprint(tenant: &ExternalId, from: &str, to: &str) -> Fingerprint {
        Fingerprint::hash(&(MIGRATION, tenant, from, to))
    }
}

impl Job {
    /// Returns the path of the endpoint that requested the job, or the name of the operator's function.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::SyncAccount(_) => "accounts/synchronize",
            Self::DeleteAccount(_) => "accounts/delete",
            Self::ProvisionSubscription(order) => order.operation(),
            Self::MigrateTenant(_) => MIGRATION,
        }
    }

    /// Returns the BSS's id of the subscription that the job changes, if the request named it.
    pub fn subscription(&self) -> Option<&SubscriptionId> {
        match self {
            Self::SyncAccount(_) | Self::DeleteAccount(_) | Self::MigrateTenant(_) => None,
            Self::ProvisionSubscription(order) => order.target.id.as_ref(),
        }
    }
}
