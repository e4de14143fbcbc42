//! The work index. It is sparse: it has only accounts with a job, additions and tickets that are pending or leased,
//! failed additions and tickets by MSP, retry requests, and subscriptions with a renewal to look at. So unfinished work is
//! found by key, however many items the table has.

use std::hash::{DefaultHasher, Hash, Hasher};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{AccountKey, DigestKey, Item, Store, StoreError, SubscriptionKey, TicketSubject, keys};
use crate::domain::msp::MspId;

/// Name of the index.
pub(super) const INDEX: &str = "work";
/// The index's partition key. Work is spread over [`SHARDS`] partitions, so that no single one receives all writes.
pub(super) const SHARD: &str = "work_shard";
/// Partition of the subscriptions with a renewal to look at. Only orders and renewals write it, so that one is enough.
pub(super) const RENEWALS: &str = "renewal";
/// The index's sort key: the end of the lease, the time of the next attempt or look, or the time of the failure or request,
/// in milliseconds since the epoch.
pub(super) const WORK_DUE_AT: &str = "work_due_at";

/// Number of partitions for the jobs, for the additions and for the tickets.
pub const SHARDS: u64 = 8;

pub(super) fn job_shard(key: &AccountKey) -> String {
    job_shard_name(shard_number(key))
}

pub(super) fn addition_shard(key: &SubscriptionKey) -> String {
    addition_shard_name(shard_number(key))
}

pub(super) fn ticket_shard(subject: &TicketSubject) -> String {
    ticket_shard_name(shard_number(subject))
}

/// Returns the shard of a digest, which is due like a ticket.
pub(super) fn digest_shard(key: &DigestKey) -> String {
    ticket_shard_name(shard_number(key))
}

pub(super) fn ticket_shard_name(shard: u64) -> String {
    format!("ticket#{shard}")
}

fn shard_number(key: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish() % SHARDS
}

fn job_shard_name(shard: u64) -> String {
    format!("work#{shard}")
}

pub(super) fn addition_shard_name(shard: u64) -> String {
    format!("addition#{shard}")
}

pub(super) fn failed_shard(msp: MspId) -> String {
    format!("failed#{msp}")
}

/// Returns the attributes by which an item is in the index. `due_at` is in milliseconds since the epoch.
pub(super) fn index_keys(shard: String, due_at: i64) -> Item {
    Item::from([
        (SHARD.to_owned(), AttributeValue::S(shard)),
        (WORK_DUE_AT.to_owned(), AttributeValue::N(due_at.to_string())),
    ])
}

impl Store {
    /// Returns accounts of shard `shard` (0 to [`SHARDS`]) whose lease ended before `before`, in milliseconds since the
    /// epoch. Returns at most `limit`, the longest expired first. The index may lag behind the table, so read the
    /// account before acting.
    pub async fn expired_jobs(&self, shard: u64, before: i64, limit: i32) -> Result<Vec<AccountKey>, StoreError> {
        let items = self.query_due(job_shard_name(shard), before, limit).await?;
        Ok(items.iter().filter_map(keys::account).collect())
    }

    /// Returns the keys of a shard's items that were due before `before`.
    pub(super) async fn query_due(&self, shard: String, before: i64, limit: i32) -> Result<Vec<Item>, StoreError> {
        let response = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX)
            .key_condition_expression("work_shard = :shard AND work_due_at < :before")
            .expression_attribute_values(":shard", AttributeValue::S(shard))
            .expression_attribute_values(":before", AttributeValue::N(before.to_string()))
            .limit(limit)
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        Ok(response.items.unwrap_or_default())
    }

    /// Returns the keys of all of a shard's items, ordered by the time that they are due.
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
