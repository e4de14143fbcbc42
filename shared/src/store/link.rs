//! Links from external ids to records.
//!
//! An object at the vendor has one account in the whole table, whichever installation or MSP it belongs to. The external id
//! that the BSS received for a subscription is unique within its installation, because the BSS's own id is a part of it.

use serde::{Deserialize, Serialize};

use super::{AccountKey, Store, StoreError, SubscriptionKey, keys};
use crate::domain::ids::{AccountId, ApplicationId, ExternalId, SubscriptionId};
use crate::domain::subscription_record::SubscriptionRecord;
use crate::domain::vendor_id::{Instance, VendorId};

/// The record that an external id is linked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// An account.
    Account(AccountId),
    /// A subscription whose own id its external id does not contain.
    Subscription(SubscriptionId),
}

/// A link from an external id to its record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The installation that the record belongs to.
    pub application: ApplicationId,
    /// The vendor's id, or the id that the BSS received.
    pub external_id: ExternalId,
    /// The instance that gave out the vendor's id.
    #[serde(default)]
    pub instance: Instance,
    /// The record.
    pub target: Target,
}

impl Link {
    pub(super) fn key(&self) -> (String, &'static str) {
        match &self.target {
            Target::Account(_) => keys::account_link(&self.vendor_id()),
            Target::Subscription(_) => keys::link(self.application, &self.external_id),
        }
    }

    /// Returns the keys that an account's link to an object can have: the one in the whole table, and that of an earlier
    /// release.
    pub(super) fn keys_of_account(application: ApplicationId, object: &VendorId) -> [(String, &'static str); 2] {
        [keys::account_link(object), keys::link(application, &object.id)]
    }

    fn vendor_id(&self) -> VendorId {
        VendorId { instance: self.instance.clone(), id: self.external_id.clone() }
    }
}

impl Store {
    /// Returns the account that holds an object at the vendor, of any installation or MSP.
    ///
    /// A release before this one wrote the link within the installation, without the instance. Such a link counts while its
    /// account has no link in the whole table; it is found for the account's own installation, `application`.
    pub async fn holder(
        &self,
        application: ApplicationId,
        object: &VendorId,
    ) -> Result<Option<AccountKey>, StoreError> {
        if let Some(Link { application, target: Target::Account(account), .. }) =
            self.get(keys::account_link(object)).await?
        {
            return Ok(Some(AccountKey { application, account }));
        }
        let earlier: Option<Link> = self.get(keys::link(application, &object.id)).await?;
        let Some(Link { target: Target::Account(account), .. }) = earlier else { return Ok(None) };
        let key = AccountKey { application, account };
        let record = self.account(&key).await?;
        Ok(record.is_some_and(|record| record.instance.is_none()).then_some(key))
    }

    /// Returns the subscription of an installation whose external id the BSS sent. A link leads to one whose own id the
    /// external id does not contain.
    pub async fn subscription_of(
        &self,
        application: ApplicationId,
        external: &ExternalId,
    ) -> Result<Option<SubscriptionRecord>, StoreError> {
        let key = |subscription| SubscriptionKey { application, subscription };
        if let Some(id) = SubscriptionId::in_external_id(external) {
            let record = self.subscription(&key(id)).await?;
            if let Some(record) = record.filter(|record| record.external_id == *external) {
                return Ok(Some(record));
            }
        }
        let link: Option<Link> = self.get(keys::link(application, external)).await?;
        match link.map(|link| link.target) {
            Some(Target::Subscription(id)) => self.subscription(&key(id)).await,
            Some(Target::Account(_)) | None => Ok(None),
        }
    }
}
