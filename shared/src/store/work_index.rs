//! The sparse index of work: only accounts with work in flight, or left behind, stand in it, and additions and tickets that are
//! not as they shall be; apart from them, by their MSP, those that have failed. So what nobody came back for is found by key,
//! however many there are.

use std::hash::{DefaultHasher, Hash, Hasher};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{TicketSubject, AccountKey, Item, Store, StoreError, SubscriptionKey, keys};
use crate::domain::msp::MspId;

/// The index's name.
pub(super) const INDEX: &str = "work";
/// Its partition key: one of [`SHARDS`], so that no single one takes all writes.
pub(super) const SHARD: &str = "work_shard";
/// Its sort key: when the lease ends, in milliseconds since the epoch.
pub(super) const LEASE_UNTIL: &str = "lease_until";

/// How many partitions the index is spread over.
pub const SHARDS: u64 = 8;

pub(super) fn shard(key: &AccountKey) -> String {
    name(number(key))
}

pub(super) fn addition_shard(key: &SubscriptionKey) -> String {
    addition_shard_name(number(key))
}

pub(super) fn ticket_shard(about: &TicketSubject) -> String {
    ticket_shard_name(number(about))
}

pub(super) fn ticket_shard_name(shard: u64) -> String {
    format!("ticket#{shard}")
}

fn number(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish() % SHARDS
}

fn name(shard: u64) -> String {
    format!("work#{shard}")
}

pub(super) fn addition_shard_name(shard: u64) -> String {
    format!("addition#{shard}")
}

pub(super) fn failed_shard(msp: MspId) -> String {
    format!("failed#{msp}")
}

pub(super) fn entry(shard: String, lease_until: i64) -> Item {
    Item::from([
        (SHARD.to_owned(), AttributeValue::S(shard)),
        (LEASE_UNTIL.to_owned(), AttributeValue::N(lease_until.to_string())),
    ])
}

impl Store {
    /// Accounts of shard `shard` (0 to [`SHARDS`]) whose lease ended before `before`, in milliseconds since the epoch; the
    /// longest ended first, at most `limit`. The index lags: read the account before acting.
    pub async fn expired_jobs(&self, shard: u64, before: i64, limit: i32) -> Result<Vec<AccountKey>, StoreError> {
        let items = self.query_due(name(shard), before, limit).await?;
        Ok(items.iter().filter_map(keys::account).collect())
    }

    /// The keys of what stands in a shard of the index and is due before `before`.
    pub(super) async fn query_due(&self, shard: String, before: i64, limit: i32) -> Result<Vec<Item>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("work_shard = :shard AND lease_until < :before")
            .expression_attribute_values(":shard", AttributeValue::S(shard))
            .expression_attribute_values(":before", AttributeValue::N(before.to_string()))
            .limit(limit)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(answer.items.unwrap_or_default())
    }

    /// The keys of all that stands in a shard of the index, whenever it is due, by when it is.
    pub(super) async fn query_shard(&self, shard: String) -> Result<Vec<Item>, StoreError> {
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("work_shard = :shard")
            .expression_attribute_values(":shard", AttributeValue::S(shard))
            .into_paginator()
            .items()
            .send();
        pages.collect::<Result<_, _>>().await.map_err(StoreError::unavailable)
    }
}
