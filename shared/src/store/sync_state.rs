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
use crate::store::{About, Item, Store, StoreError, SubscriptionKey, from_item, keys, to_item, to_value, work_index};

/// Which errand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ErrandKey {
    /// A subscription's addition.
    Addition(SubscriptionKey),
    /// A ticket.
    Ticket(About),
}

impl ErrandKey {
    /// The errand whose record stands in this partition.
    fn of(partition: &str) -> Option<Self> {
        let addition = keys::subscription(partition).map(Self::Addition);
        let of_action = || keys::action_of(partition).map(About::Action).map(Self::Ticket);
        let of_many = || keys::organization_of(partition).map(About::Organization).map(Self::Ticket);
        addition.or_else(of_action).or_else(of_many)
    }
}

impl fmt::Display for ErrandKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addition(key) => write!(f, "subscription {}", key.subscription),
            Self::Ticket(About::Action(key)) => write!(f, "action {key}"),
            Self::Ticket(About::Organization(id)) => write!(f, "organization {id}"),
        }
    }
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is not yet as it shall be; that is tried again by itself.
    Pending,
    /// It is as it shall be.
    Applied,
    /// It can't be as it shall be until somebody mends something.
    Failed,
    /// Nobody says any more how it shall be; it is left as it was.
    Unlinked,
}

impl State {
    /// Whether it is not as it shall be, be it tried again by itself or not.
    pub fn is_unsettled(self) -> bool {
        match self {
            Self::Pending | Self::Failed => true,
            Self::Applied | Self::Unlinked => false,
        }
    }
}

/// How far something has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Errand {
    /// Where it stands.
    pub state: State,
    /// Why it is not as it shall be; what there is to know, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What somebody has to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_do: Option<String>,
    /// What the state is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wish: Option<Fingerprint>,
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

impl Errand {
    /// Nothing was done yet.
    pub fn new(now: Timestamp) -> Self {
        Self {
            state: State::Pending,
            reason: None,
            to_do: None,
            wish: None,
            pending_since: None,
            lease_owner: None,
            lease_until: None,
            updated_at: now,
        }
    }
}

/// A record of something that is to be done in ConnectWise.
pub trait ErrandRecord: Serialize + DeserializeOwned + Clone + Send + Sync {
    /// The endpoint at which a person has it tried again.
    const RETRIED_AT: &'static str;

    /// How far it has come.
    fn errand(&self) -> &Errand;

    /// The same, to be written.
    fn errand_mut(&mut self) -> &mut Errand;

    /// Its keys.
    fn key(&self) -> (String, String);

    /// In whose ConnectWise.
    fn msp(&self) -> MspId;

    /// Its part of the index of work.
    fn shard(&self) -> String;
}

/// The record's item, which stands in the index of work as long as something is to be done, and among what failed of its MSP
/// as long as somebody has to do it.
pub(super) fn item<R: ErrandRecord>(record: &R) -> Result<Item, StoreError> {
    let mut item = to_item(record, record.key())?;
    if let Some(until) = record.errand().lease_until {
        let shard = match record.errand().state {
            State::Failed => work_index::failed_shard(record.msp()),
            State::Pending | State::Applied | State::Unlinked => record.shard(),
        };
        item.extend(work_index::entry(shard, until));
    }
    Ok(item)
}

impl Store {
    /// Takes the lease of `fresh`'s record with one conditional write, if nobody holds it; makes the record if there is none.
    /// None if somebody holds it.
    pub async fn claim_errand<R: ErrandRecord>(
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
    pub async fn save_errand<R: ErrandRecord>(&self, record: &R, owner: &str) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .set_item(Some(item(record)?))
            .condition_expression("lease_owner = :owner")
            .expression_attribute_values(":owner", AttributeValue::S(owner.to_owned()));
        if self.put_if(put).await? { Ok(()) } else { Err(StoreError::LeaseLost) }
    }

    /// Writes the record as pending and due at `due`, in milliseconds since the epoch, because of `reason`. False if it was
    /// written since it was read, or somebody is at work on it.
    pub async fn schedule_errand<R: ErrandRecord>(
        &self,
        seen: &R,
        reason: &str,
        due: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut record = seen.clone();
        *record.errand_mut() = Errand {
            reason: Some(reason.to_owned()),
            pending_since: Some(seen.errand().pending_since.unwrap_or(now)),
            lease_until: Some(due),
            ..Errand::new(now)
        };
        let put = self
            .client
            .put_item()
            .set_item(Some(item(&record)?))
            .condition_expression(
                "attribute_not_exists(pk) OR (attribute_not_exists(lease_owner) AND updated_at = :seen)",
            )
            .expression_attribute_values(":seen", to_value(seen.errand().updated_at)?);
        self.put_if(put).await
    }

    /// Additions and tickets of shard `shard` (0 to [`SHARDS`](super::SHARDS)) that are due or whose lease ended before
    /// `before`, in milliseconds since the epoch; of each kind the longest due first, at most `limit`. The index lags.
    pub async fn due_errands(&self, shard: u64, before: i64, limit: i32) -> Result<Vec<ErrandKey>, StoreError> {
        let mut items = self.due(work_index::addition_shard_name(shard), before, limit).await?;
        items.extend(self.due(work_index::ticket_shard_name(shard), before, limit).await?);
        Ok(keys_of(&items))
    }

    /// What has failed of an MSP, the longest ago first. The index lags.
    pub async fn failed_errands(&self, msp: MspId) -> Result<Vec<ErrandKey>, StoreError> {
        Ok(keys_of(&self.standing(work_index::failed_shard(msp)).await?))
    }
}

fn keys_of(items: &[Item]) -> Vec<ErrandKey> {
    items.iter().filter_map(|item| ErrandKey::of(keys::partition_of(item)?)).collect()
}
