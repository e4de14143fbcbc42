//! From an external id back to its record.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys};
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};

/// What an external id stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// An account.
    Account(AccountId),
    /// A subscription.
    Subscription(SubscriptionId),
}

/// The item that leads from `external_id` to its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The installation that the record belongs to.
    pub application: ApplicationId,
    /// The vendor's id, or the one we gave the BSS.
    pub external_id: ExternalId,
    /// Its record.
    pub target: Target,
}

impl Store {
    /// The record that `external` stands for, one keyed read.
    pub async fn link(&self, application: ApplicationId, external: &ExternalId) -> Result<Option<Target>, StoreError> {
        let link: Option<Link> = self.get(keys::link(application, external)).await?;
        Ok(link.map(|link| link.target))
    }
}
