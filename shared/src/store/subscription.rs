//! The subscription item, with its add-ons. While the recovery job has to look at its renewal or the end of its trial, it is in
//! the work index.

use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, Get, Put, TransactGetItem, TransactWriteItem, Update};
use backon::Retryable;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::commit::conflict_backoff;
use super::work_index::{RENEWALS, index_keys};
use super::{AccountKey, AccountRecord, Item, Store, StoreError, SubscriptionKey, from_item, keys, to_item, to_value};
use crate::domain::subscription_record::SubscriptionRecord;

impl SubscriptionRecord {
    /// Returns the subscription's key.
    pub fn key(&self) -> SubscriptionKey {
        SubscriptionKey { application: self.application, subscription: self.id.clone() }
    }

    /// Returns the item. It has the keys of the work index while its renewal or the end of its trial is to be looked at.
    pub(super) fn item(&self) -> Result<Item, StoreError> {
        let mut item = to_item(self, self.key().record())?;
        if let Some(look_at) = self.look_at() {
            item.extend(index_keys(RENEWALS.to_owned(), look_at.as_millisecond()));
        }
        Ok(item)
    }
}

impl Store {
    /// Returns the subscription with one keyed read.
    pub async fn subscription(&self, key: &SubscriptionKey) -> Result<Option<SubscriptionRecord>, StoreError> {
        self.get(key.record()).await
    }

    /// Returns subscriptions of which the renewal or the end of the trial was to be looked at before `now`. Returns at most
    /// `limit`, the longest due first. The index may lag behind the table, so read the subscription before acting.
    pub async fn due_renewals(&self, now: Timestamp, limit: i32) -> Result<Vec<SubscriptionKey>, StoreError> {
        let items = self.query_due(RENEWALS.to_owned(), now.as_millisecond(), limit).await?;
        Ok(items.iter().filter_map(|item| keys::subscription(keys::partition_of(item)?)).collect())
    }

    /// Postpones the look at a subscription, for its renewal or the end of its trial, that is due at `now`, so that it does not
    /// hold up the others. The record is unchanged, and its next write sets its own time.
    pub async fn postpone_renewal(
        &self,
        key: &SubscriptionKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let milliseconds = |time: Timestamp| AttributeValue::N(time.as_millisecond().to_string());
        let postponed = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(key.record())))
            .update_expression("SET work_due_at = :until")
            .condition_expression("work_due_at <= :now")
            .expression_attribute_values(":until", milliseconds(until))
            .expression_attribute_values(":now", milliseconds(now))
            .send()
            .await;
        match postponed {
            Ok(_) => Ok(()),
            Err(error) => match error.as_service_error() {
                // It was written meanwhile.
                Some(
                    UpdateItemError::ConditionalCheckFailedException(_)
                    | UpdateItemError::TransactionConflictException(_),
                ) => Ok(()),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Writes a subscription, on condition that no call works on the account or has changed it since both were read. Counts as a
    /// write of the account, so that a call that has read both reads them again. Returns `false` if the condition does not hold.
    pub async fn write_if_unchanged(
        &self,
        account: &AccountRecord,
        subscription: &SubscriptionRecord,
    ) -> Result<bool, StoreError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(keys::item(account.key().record())))
            .update_expression("SET updated_at = :now ADD version :one")
            .condition_expression("attribute_not_exists(#job) AND version = :version AND created_at = :created_at")
            .expression_attribute_names("#job", "job")
            .expression_attribute_values(":now", to_value(subscription.updated_at)?)
            .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
            .expression_attribute_values(":version", to_value(account.version)?)
            .expression_attribute_values(":created_at", to_value(account.created_at)?);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(subscription.item()?))
            .condition_expression("version = :before")
            .expression_attribute_values(":before", to_value(subscription.version - 1)?);
        let items = vec![
            TransactWriteItem::builder().update(update.build()?).build(),
            TransactWriteItem::builder().put(put.build()?).build(),
        ];
        self.transact(items).await
    }

    /// Returns an account and a subscription as they were at one moment, with one call.
    pub async fn account_and_subscription(
        &self,
        account: &AccountKey,
        subscription: &SubscriptionKey,
    ) -> Result<(Option<AccountRecord>, Option<SubscriptionRecord>), StoreError> {
        let mut gets = Vec::new();
        for key in [account.record(), subscription.record()] {
            let get = Get::builder().table_name(&self.table).set_key(Some(keys::item(key))).build()?;
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
