//! The subscription item, with its add-ons.

use super::{Store, StoreError, SubscriptionKey};
use crate::domain::subscription_record::SubscriptionRecord;

impl SubscriptionRecord {
    /// Its key.
    pub fn key(&self) -> SubscriptionKey {
        SubscriptionKey { application: self.application, subscription: self.id.clone() }
    }
}

impl Store {
    /// The subscription, one keyed read.
    pub async fn subscription(&self, key: &SubscriptionKey) -> Result<Option<SubscriptionRecord>, StoreError> {
        self.get(key.record()).await
    }
}
