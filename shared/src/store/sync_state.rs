//! The sync status that additions and tickets have in common, and the lease of an attempt.

use std::fmt;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::domain::reference::Reference;
use crate::store::{
    DigestKey, Item, Store, StoreError, SubscriptionKey, TicketSubject, from_item, keys, to_item, to_value, work_index,
};

/// Key of a synchronized record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SyncKey {
    /// The addition of a subscription.
    Addition(SubscriptionKey),
    /// The ticket of a subject.
    Ticket(TicketSubject),
    /// The ticket of a digest.
    Digest(DigestKey),
}

impl SyncKey {
    /// Returns the key of the record in a partition. `None` for partitions without such a record.
    fn from_partition(partition: &str) -> Option<Self> {
        let addition = keys::subscription(partition).map(Self::Addition);
        let of_action = || keys::action_of(partition).map(TicketSubject::Action).map(Self::Ticket);
        let of_organization = || keys::organization_of(partition).map(TicketSubject::Organization).map(Self::Ticket);
        let of_digest = || DigestKey::from_partition(partition).map(Self::Digest);
        addition.or_else(of_action).or_else(of_organization).or_else(of_digest)
    }
}

impl fmt::Display for SyncKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addition(key) => write!(f, "subscription {}", key.subscription),
            Self::Ticket(TicketSubject::Action(key)) => write!(f, "action {key}"),
            Self::Ticket(TicketSubject::Organization(id)) => write!(f, "organization {id}"),
            Self::Digest(key) => write!(f, "digest of {}", key.period),
        }
    }
}

/// State of a synchronization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Out of sync. It is retried automatically.
    Pending,
    /// In sync with the desired state.
    Synced,
    /// Out of sync. A person must act before it is retried.
    Failed,
    /// There is no desired state any more. ConnectWise is left unchanged.
    Unlinked,
    /// A ticket that is not opened at present: its failures are snoozed. It is looked at again when that ends.
    Held,
}

impl SyncState {
    /// Returns `true` for pending and failed synchronizations.
    pub fn is_out_of_sync(self) -> bool {
        match self {
            Self::Pending | Self::Failed => true,
            Self::Synced | Self::Unlinked | Self::Held => false,
        }
    }
}

/// Status of a synchronization. While the record is in the work index, one of `lease_expires_at`, `next_attempt_at` and
/// `failed_at` is set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// The state after the last attempt.
    pub state: SyncState,
    /// The reason why the record is out of sync. For a record in sync, a note for the MSP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Reference of the attempt that did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// The action that a person must take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_action: Option<String>,
    /// Fingerprint of the desired state that `state` refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_hash: Option<Fingerprint>,
    /// Time of the first attempt that did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_since: Option<Timestamp>,
    /// The attempt that owns the lease.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_owner: Option<String>,
    /// End of the lease, in milliseconds since the epoch. From then on other attempts can acquire it. Set while the record
    /// is leased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_expires_at: Option<i64>,
    /// Time of the next attempt, in milliseconds since the epoch. Set while the record is pending, or held until then, and not
    /// leased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<i64>,
    /// Time of the failure, in milliseconds since the epoch. Set while the record is failed and not leased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<i64>,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

impl SyncStatus {
    /// Returns the status of a record that was not synchronized yet. It is not in the work index.
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: SyncState::Pending,
            reason: None,
            reference: None,
            required_action: None,
            desired_hash: None,
            pending_since: None,
            lease_owner: None,
            lease_expires_at: None,
            next_attempt_at: None,
            failed_at: None,
            updated_at: now,
        }
    }

    /// Returns the reason for a person, with the reference at its end.
    pub fn reason_with_reference(&self) -> Option<String> {
        let reason = self.reason.as_deref()?;
        Some(self.reference.as_ref().map_or_else(|| reason.to_owned(), |reference| reference.after(reason)))
    }

    /// Returns the sort key of the work index, which is the one of the three times that is set. `None` if the record is
    /// not in the index.
    fn work_due_at(&self) -> Option<i64> {
        self.lease_expires_at.or(self.next_attempt_at).or(self.failed_at)
    }
}

/// A record with a sync status.
pub trait SyncRecord: Serialize + DeserializeOwned + Clone + Send + Sync {
    /// The portal's endpoint that retries the record.
    const RETRY_ENDPOINT: &'static str;

    /// Returns the sync status.
    fn status(&self) -> &SyncStatus;

    /// Returns the sync status for changes.
    fn status_mut(&mut self) -> &mut SyncStatus;

    /// Returns the partition key and the sort key.
    fn key(&self) -> (String, String);

    /// Returns the MSP whose ConnectWise is synchronized.
    fn msp(&self) -> MspId;

    /// Returns the record's shard of the work index.
    fn shard(&self) -> String;
}

/// Returns the record's item. If one of the status's times is set, the item is in the work index: a failed record in
/// its MSP's shard of failed records, any other in its own shard.
pub(super) fn item<R: SyncRecord>(record: &R) -> Result<Item, StoreError> {
    let mut item = to_item(record, record.key())?;
    if let Some(due_at) = record.status().work_due_at() {
        // While a failed record is retried, it stands under its lease like any other: a crash must not hide it.
        let shard = match record.status().failed_at {
            Some(_) => work_index::failed_shard(record.msp()),
            None => record.shard(),
        };
        item.extend(work_index::index_keys(shard, due_at));
    }
    Ok(item)
}

impl Store {
    /// Acquires the lease of the record with one conditional write, and creates the record from `fresh` if it does not
    /// exist. Returns `None` if another attempt owns the lease. `lease_expires_at` is in milliseconds since the epoch.
    pub async fn acquire_sync_lease<R: SyncRecord>(
        &self,
        fresh: &R,
        owner: &str,
        lease_expires_at: i64,
        now: Timestamp,
    ) -> Result<Option<R>, StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(fresh.key())))
            .condition_expression(
                "attribute_not_exists(lease_owner) OR lease_expires_at <= :now_ms OR lease_owner = :owner",
            )
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .expression_attribute_values(":expires_at", AttributeValue::N(lease_expires_at.to_string()))
            .expression_attribute_values(":shard", AttributeValue::S(fresh.shard()))
            .expression_attribute_values(":now_ms", AttributeValue::N(now.as_millisecond().to_string()))
            .expression_attribute_values(":now", to_value(now)?)
            .return_values(ReturnValue::AllNew);
        let mut assignments = vec![
            "SET lease_owner = :owner, lease_expires_at = :expires_at, work_shard = :shard, work_due_at = :expires_at, \
             updated_at = :now"
                .to_owned(),
        ];
        let item: Item = serde_dynamo::to_item(fresh).map_err(super::unreadable)?;
        let lease_attributes = ["lease_owner", "lease_expires_at", "next_attempt_at", "failed_at", "updated_at"];
        for (number, (name, value)) in
            item.into_iter().filter(|(name, _)| !lease_attributes.contains(&name.as_str())).enumerate()
        {
            assignments.push(format!("#n{number} = if_not_exists(#n{number}, :v{number})"));
            update = update
                .expression_attribute_names(format!("#n{number}"), name)
                .expression_attribute_values(format!(":v{number}"), value);
        }
        let expression = format!("{} REMOVE next_attempt_at, failed_at", assignments.join(", "));
        match update.update_expression(expression).send().await {
            Ok(output) => output.attributes.map(from_item).transpose(),
            Err(error) => match error.as_service_error() {
                Some(
                    UpdateItemError::ConditionalCheckFailedException(_)
                    | UpdateItemError::TransactionConflictException(_),
                ) => Ok(None),
                _ => Err(StoreError::unavailable(error)),
            },
        }
    }

    /// Writes the record.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] if `owner` no longer owns the lease.
    pub async fn save_sync<R: SyncRecord>(&self, record: &R, owner: &str) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .set_item(Some(item(record)?))
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()));
        if self.put_conditional(put).await? { Ok(()) } else { Err(StoreError::LeaseLost) }
    }

    /// Writes the record as pending, with `reason` and the next attempt at `next_attempt_at`, in milliseconds since the
    /// epoch. Returns `false` if the record was written since it was read, or is leased.
    pub async fn schedule_sync<R: SyncRecord>(
        &self,
        record: &R,
        reason: &str,
        next_attempt_at: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut scheduled = record.clone();
        *scheduled.status_mut() = SyncStatus {
            reason: Some(reason.to_owned()),
            pending_since: Some(record.status().pending_since.unwrap_or(now)),
            next_attempt_at: Some(next_attempt_at),
            ..SyncStatus::new(now)
        };
        let put = self
            .client
            .put_item()
            .set_item(Some(item(&scheduled)?))
            .condition_expression(
                "attribute_not_exists(pk) OR (attribute_not_exists(lease_owner) AND updated_at = :read_at)",
            )
            .expression_attribute_values(":read_at", to_value(record.status().updated_at)?);
        self.put_conditional(put).await
    }

    /// Returns additions and tickets of shard `shard` (0 to [`SHARDS`](super::SHARDS)) whose next attempt was due, or
    /// whose lease ended, before `before`, in milliseconds since the epoch. Returns at most `limit` of each kind, the
    /// longest due first. The index may lag behind the table.
    pub async fn due_syncs(&self, shard: u64, before: i64, limit: i32) -> Result<Vec<SyncKey>, StoreError> {
        let mut items = self.query_due(work_index::addition_shard_name(shard), before, limit).await?;
        items.extend(self.query_due(work_index::ticket_shard_name(shard), before, limit).await?);
        Ok(keys_of(&items))
    }

    /// Returns the failed additions and tickets of an MSP, ordered by the time of the failure. The index may lag behind
    /// the table.
    pub async fn failed_syncs(&self, msp: MspId) -> Result<Vec<SyncKey>, StoreError> {
        Ok(keys_of(&self.query_shard(work_index::failed_shard(msp)).await?))
    }
}

fn keys_of(items: &[Item]) -> Vec<SyncKey> {
    items.iter().filter_map(|item| SyncKey::from_partition(keys::partition_of(item)?)).collect()
}
