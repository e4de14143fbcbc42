//! The subscription item, with its add-ons.

use super::{Store, StoreError, SubscriptionKey};
use crate::domain::subscription_record::SubscriptionRecord;

impl SubscriptionRecord {
    /// Returns the subscription's key.
    pub fn key(&self) -> SubscriptionKey {
        SubscriptionKey { application: self.application, subscription: self.id.clone() }
    }
}

impl Store {
    /// Returns the subscription with one keyed read.
    pub async fn subscription(&self, key: &SubscriptionKey) -> Result<Option<SubscriptionRecord>, StoreError> {
        self.get(key.record()).await
    }
}
