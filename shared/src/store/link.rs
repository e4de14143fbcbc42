//! Links from external ids to records.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys};
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};

/// The record that an external id is linked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// An account.
    Account(AccountId),
    /// A subscription.
    Subscription(SubscriptionId),
}

/// A link from an external id to its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The installation that the record belongs to.
    pub application: ApplicationId,
    /// The vendor's id, or the id that the BSS received.
    pub external_id: ExternalId,
    /// The record.
    pub target: Target,
}

impl Store {
    /// Returns the record that `external` is linked to, with one keyed read.
    pub async fn link(&self, application: ApplicationId, external: &ExternalId) -> Result<Option<Target>, StoreError> {
        let link: Option<Link> = self.get(keys::link(application, external)).await?;
        Ok(link.map(|link| link.target))
    }
}
