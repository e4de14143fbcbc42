//! The subscription item, with its add-ons.

use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::types::{Get, TransactGetItem};
use backon::Retryable;
use serde::de::DeserializeOwned;

use super::commit::{conflict_backoff, invalid};
use super::{AccountKey, AccountRecord, Item, Store, StoreError, SubscriptionKey, from_item, keys};
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

    /// Returns an account and a subscription as they were at one moment, with one call.
    pub async fn account_and_subscription(
        &self,
        account: &AccountKey,
        subscription: &SubscriptionKey,
    ) -> Result<(Option<AccountRecord>, Option<SubscriptionRecord>), StoreError> {
        let mut gets = Vec::new();
        for key in [account.record(), subscription.record()] {
            let get = Get::builder().table_name(&self.table).set_key(Some(keys::item(key))).build().map_err(invalid)?;
            gets.push(TransactGetItem::builder().get(get).build());
        }
        let attempt = || async {
            self.client.transact_get_items().set_transact_items(Some(gets.clone())).send().await.map_err(Box::new)
        };
        let read = attempt
            .retry(conflict_backoff())
            .when(|error| error.as_service_error().is_some_and(is_conflict))
            .await
            .map_err(|error| StoreError::unavailable(*error))?;
        let mut items = read.responses.unwrap_or_default().into_iter().map(|response| response.item);
        Ok((record(items.next().flatten())?, record(items.next().flatten())?))
    }
}

/// Returns `true` if a transaction was writing one of the items.
fn is_conflict(error: &TransactGetItemsError) -> bool {
    let TransactGetItemsError::TransactionCanceledException(cancelled) = error else { return false };
    cancelled.cancellation_reasons().iter().any(|reason| reason.code() == Some("TransactionConflict"))
}

fn record<T: DeserializeOwned>(item: Option<Item>) -> Result<Option<T>, StoreError> {
    item.filter(|item| !item.is_empty()).map(from_item).transpose()
}
