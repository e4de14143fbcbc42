//! Actions on mailboxes, and the failing actions of an organization.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ACTION, FAILURES, Item, Store, StoreError, keys, to_item};
use crate::domain::action::timeline::Timeline;
use crate::domain::action::{ActionKey, Mailbox};
use crate::domain::ids::ExternalId;

/// An action with at least one relevant event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// The action's key.
    pub key: ActionKey,
    /// The action's mailbox.
    pub mailbox: Mailbox,
    /// The last terminal event and the failures after it.
    pub timeline: Timeline,
    /// `true` if the action failed as one of many, which share one ticket.
    #[serde(default)]
    pub grouped: bool,
    /// Number of writes.
    pub version: u64,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

/// A failing action of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingAction {
    /// The mailbox's address.
    pub address: String,
    /// Time of the first failure.
    pub since: Timestamp,
    /// Number of the last failed attempt.
    pub attempt: u32,
    /// The vendor's error message.
    pub error: String,
    /// `true` if the action failed as one of many.
    #[serde(default)]
    pub grouped: bool,
}

/// The failing actions of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailuresRecord {
    /// The vendor's id of the organization.
    pub organization: ExternalId,
    /// The failing actions, by [`ActionKey`].
    pub failing: BTreeMap<String, FailingAction>,
    /// Time since which many actions fail. `None` if they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouped_since: Option<Timestamp>,
    /// The most grouped failures at one time.
    #[serde(default)]
    pub grouped_peak: usize,
    /// Number of writes.
    pub version: u64,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

impl FailuresRecord {
    /// Returns the record of an organization without failing actions.
    pub fn none(organization: ExternalId, now: Timestamp) -> Self {
        Self {
            organization,
            failing: BTreeMap::new(),
            grouped_since: None,
            grouped_peak: 0,
            version: 0,
            updated_at: now,
        }
    }

    /// Returns the actions that failed as one of many.
    pub fn grouped(&self) -> impl Iterator<Item = (&String, &FailingAction)> {
        self.failing.iter().filter(|(_, action)| action.grouped)
    }
}

impl Store {
    /// Returns an action with one keyed read.
    pub async fn action(&self, key: &ActionKey) -> Result<Option<ActionRecord>, StoreError> {
        self.get((keys::action(key), ACTION)).await
    }

    /// Returns the failing actions of an organization with one keyed read.
    pub async fn failures(&self, organization: &ExternalId) -> Result<Option<FailuresRecord>, StoreError> {
        self.get((keys::organization(organization), FAILURES)).await
    }

    /// Replaces the previous version of an action. Returns `false` if another version was written concurrently.
    pub async fn save_action(&self, record: &ActionRecord) -> Result<bool, StoreError> {
        self.put_version(to_item(record, (keys::action(&record.key), ACTION))?, record.version).await
    }

    /// Replaces the previous version of an organization's failing actions. Returns `false` if another version was
    /// written concurrently.
    pub async fn save_failures(&self, record: &FailuresRecord) -> Result<bool, StoreError> {
        self.put_version(to_item(record, (keys::organization(&record.organization), FAILURES))?, record.version).await
    }

    async fn put_version(&self, item: Item, version: u64) -> Result<bool, StoreError> {
        let put = self.client.put_item().set_item(Some(item));
        let put = if version <= 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            let before = AttributeValue::N((version - 1).to_string());
            put.condition_expression("version = :before").expression_attribute_values(":before", before)
        };
        self.put_conditional(put).await
    }
}
