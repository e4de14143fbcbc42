//! What was heard of an action, and which of an organization's actions fail.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ACTION, FAILURES, Item, Store, StoreError, keys, to_item};
use crate::domain::action::timeline::Timeline;
use crate::domain::action::{ActionKey, Mailbox};
use crate::domain::ids::ExternalId;

/// An action of which something was heard that is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRecord {
    /// Which.
    pub key: ActionKey,
    /// Whose mailbox.
    pub mailbox: Mailbox,
    /// What was heard.
    pub timeline: Timeline,
    /// Whether it fails as one of many, for which there is one ticket.
    #[serde(default)]
    pub grouped: bool,
    /// Counts the writes.
    pub version: u64,
    /// When it was last written.
    pub updated_at: Timestamp,
}

/// A failing action of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingAction {
    /// The mailbox's address.
    pub address: String,
    /// Since when.
    pub since: Timestamp,
    /// The last attempt that failed.
    pub attempt: u32,
    /// The vendor's words.
    pub error: String,
    /// Whether it fails as one of many.
    #[serde(default)]
    pub grouped: bool,
}

/// The failing actions of an organization, by [`ActionKey`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailuresRecord {
    /// Whose.
    pub organization: ExternalId,
    /// Those that fail.
    pub failing: BTreeMap<String, FailingAction>,
    /// Since when many fail together; none if they don't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouped_since: Option<Timestamp>,
    /// The most that failed together at once.
    #[serde(default)]
    pub grouped_peak: usize,
    /// Counts the writes.
    pub version: u64,
    /// When it was last written.
    pub updated_at: Timestamp,
}

impl FailuresRecord {
    /// An organization of which nothing fails.
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

    /// Those that fail as one of many.
    pub fn grouped(&self) -> impl Iterator<Item = (&String, &FailingAction)> {
        self.failing.iter().filter(|(_, action)| action.grouped)
    }
}

impl Store {
    /// An action, one keyed read.
    pub async fn action(&self, key: &ActionKey) -> Result<Option<ActionRecord>, StoreError> {
        self.get((keys::action(key), ACTION)).await
    }

    /// The failing actions of an organization, one keyed read.
    pub async fn failures(&self, organization: &ExternalId) -> Result<Option<FailuresRecord>, StoreError> {
        self.get((keys::organization(organization), FAILURES)).await
    }

    /// Writes an action in the place of the version before. False if another one was written meanwhile.
    pub async fn save_action(&self, record: &ActionRecord) -> Result<bool, StoreError> {
        self.put_version(to_item(record, (keys::action(&record.key), ACTION))?, record.version).await
    }

    /// Writes an organization's failing actions in the place of the version before. False if another one was written
    /// meanwhile.
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
