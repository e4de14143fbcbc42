//! What is to be done in ConnectWise and how far it has come: what every record of such work has, and the lease of whoever is at
//! work on it.

use std::fmt;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::store::{TicketSubject, Item, Store, StoreError, SubscriptionKey, from_item, keys, to_item, to_value, work_index};

/// Which errand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SyncKey {
    /// A subscription's addition.
    Addition(SubscriptionKey),
    /// A ticket.
    Ticket(TicketSubject),
}

impl SyncKey {
    /// The errand whose record stands in this partition.
    fn of(partition: &str) -> Option<Self> {
        let addition = keys::subscription(partition).map(Self::Addition);
        let of_action = || keys::action_of(partition).map(TicketSubject::Action).map(Self::Ticket);
        let of_many = || keys::organization_of(partition).map(TicketSubject::Organization).map(Self::Ticket);
        addition.or_else(of_action).or_else(of_many)
    }
}

impl fmt::Display for SyncKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addition(key) => write!(f, "subscription {}", key.subscription),
            Self::Ticket(TicketSubject::Action(key)) => write!(f, "action {key}"),
            Self::Ticket(TicketSubject::Organization(id)) => write!(f, "organization {id}"),
        }
    }
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// It is not yet as it shall be; that is tried again by itself.
    Pending,
    /// It is as it shall be.
    Synced,
    /// It can't be as it shall be until somebody mends something.
    Failed,
    /// Nobody says any more how it shall be; it is left as it was.
    Unlinked,
}

impl SyncState {
    /// Whether it is not as it shall be, be it tried again by itself or not.
    pub fn is_out_of_sync(self) -> bool {
        match self {
            Self::Pending | Self::Failed => true,
            Self::Synced | Self::Unlinked => false,
        }
    }
}

/// How far something has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    /// Where it stands.
    pub state: SyncState,
    /// Why it is not as it shall be; what there is to know, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What somebody has to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_action: Option<String>,
    /// What the state is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired_hash: Option<Fingerprint>,
    /// Since when it is pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_since: Option<Timestamp>,
    /// Who is at work on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_owner: Option<String>,
    /// When others may take over; if nobody is at work on it, when it is due or, if it has failed, when it did. In
    /// milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<i64>,
    /// When it was last written.
    pub updated_at: Timestamp,
}

impl SyncStatus {
    /// Nothing was done yet.
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: SyncState::Pending,
            reason: None,
            required_action: None,
            desired_hash: None,
            pending_since: None,
            lease_owner: None,
            lease_until: None,
            updated_at: now,
        }
    }
}

/// A record of something that is to be done in ConnectWise.
pub trait SyncRecord: Serialize + DeserializeOwned + Clone + Send + Sync {
    /// The endpoint at which a person has it tried again.
    const RETRY_ENDPOINT: &'static str;

    /// How far it has come.
    fn status(&self) -> &SyncStatus;

    /// The same, to be written.
    fn status_mut(&mut self) -> &mut SyncStatus;

    /// Its keys.
    fn key(&self) -> (String, String);

    /// In whose ConnectWise.
    fn msp(&self) -> MspId;

    /// Its part of the index of work.
    fn shard(&self) -> String;
}

/// The record's item, which stands in the index of work as long as something is to be done, and among what failed of its MSP
/// as long as somebody has to do it.
pub(super) fn item<R: SyncRecord>(record: &R) -> Result<Item, StoreError> {
    let mut item = to_item(record, record.key())?;
    if let Some(until) = record.status().lease_until {
        let shard = match record.status().state {
            SyncState::Failed => work_index::failed_shard(record.msp()),
            SyncState::Pending | SyncState::Synced | SyncState::Unlinked => record.shard(),
        };
        item.extend(work_index::entry(shard, until));
    }
    Ok(item)
}

impl Store {
    /// Takes the lease of `fresh`'s record with one conditional write, if nobody holds it; makes the record if there is none.
    /// None if somebody holds it.
    pub async fn acquire_sync_lease<R: SyncRecord>(
        &self,
        fresh: &R,
        owner: &str,
        until: i64,
        now: Timestamp,
    ) -> Result<Option<R>, StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(keys::item(fresh.key())))
            .condition_expression("attribute_not_exists(lease_owner) OR lease_until <= :now_ms OR lease_owner = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()))
            .expression_attribute_values(":until", AttributeValue::N(until.to_string()))
            .expression_attribute_values(":shard", AttributeValue::S(fresh.shard()))
            .expression_attribute_values(":now_ms", AttributeValue::N(now.as_millisecond().to_string()))
            .expression_attribute_values(":now", to_value(now)?)
            .return_values(ReturnValue::AllNew);
        let mut set =
            vec!["SET lease_owner = :owner, lease_until = :until, work_shard = :shard, updated_at = :now".to_owned()];
        let item: Item = serde_dynamo::to_item(fresh).map_err(super::unreadable)?;
        let leased = ["lease_owner", "lease_until", "updated_at"];
        for (number, (name, value)) in item.into_iter().filter(|(name, _)| !leased.contains(&name.as_str())).enumerate()
        {
            set.push(format!("#n{number} = if_not_exists(#n{number}, :v{number})"));
            update = update
                .expression_attribute_names(format!("#n{number}"), name)
                .expression_attribute_values(format!(":v{number}"), value);
        }
        match update.update_expression(set.join(", ")).send().await {
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

    /// Writes the record, if its lease is still `owner`'s.
    pub async fn save_sync<R: SyncRecord>(&self, record: &R, owner: &str) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .set_item(Some(item(record)?))
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()));
        if self.put_conditional(put).await? { Ok(()) } else { Err(StoreError::LeaseLost) }
    }

    /// Writes the record as pending and due at `due`, in milliseconds since the epoch, because of `reason`. False if it was
    /// written since it was read, or somebody is at work on it.
    pub async fn schedule_sync<R: SyncRecord>(
        &self,
        seen: &R,
        reason: &str,
        due: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut record = seen.clone();
        *record.status_mut() = SyncStatus {
            reason: Some(reason.to_owned()),
            pending_since: Some(seen.status().pending_since.unwrap_or(now)),
            lease_until: Some(due),
            ..SyncStatus::new(now)
        };
        let put = self
            .client
            .put_item()
            .set_item(Some(item(&record)?))
            .condition_expression(
                "attribute_not_exists(pk) OR (attribute_not_exists(lease_owner) AND updated_at = :seen)",
            )
            .expression_attribute_values(":seen", to_value(seen.status().updated_at)?);
        self.put_conditional(put).await
    }

    /// Additions and tickets of shard `shard` (0 to [`SHARDS`](super::SHARDS)) that are due or whose lease ended before
    /// `before`, in milliseconds since the epoch; of each kind the longest due first, at most `limit`. The index lags.
    pub async fn due_syncs(&self, shard: u64, before: i64, limit: i32) -> Result<Vec<SyncKey>, StoreError> {
        let mut items = self.query_due(work_index::addition_shard_name(shard), before, limit).await?;
        items.extend(self.query_due(work_index::ticket_shard_name(shard), before, limit).await?);
        Ok(keys_of(&items))
    }

    /// What has failed of an MSP, the longest ago first. The index lags.
    pub async fn failed_syncs(&self, msp: MspId) -> Result<Vec<SyncKey>, StoreError> {
        Ok(keys_of(&self.query_shard(work_index::failed_shard(msp)).await?))
    }
}

fn keys_of(items: &[Item]) -> Vec<SyncKey> {
    items.iter().filter_map(|item| SyncKey::of(keys::partition_of(item)?)).collect()
}
