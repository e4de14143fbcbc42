//! Actions on mailboxes.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::commit::{failed_condition, is_conflict};
use super::{ACTION, FailingAction, FailureClass, Item, Store, StoreError, keys, to_item};
use crate::domain::action::error_kind::ErrorKind;
use crate::domain::action::timeline::{Health, Timeline};
use crate::domain::action::{ActionKey, Mailbox};
use crate::domain::vendor_id::VendorId;

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
    /// The organization that has the mailbox at the vendor, if the record names another one. The record moves there as
    /// soon as its ticket is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_by: Option<VendorId>,
    /// Number of writes.
    pub version: u64,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

/// Change of an action's entry in the list of its organization's failing actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryChange {
    /// The action was not failing and is not.
    None,
    /// The action is failing: its entry is written.
    Put,
    /// The action is not failing any more: its entry is deleted.
    Delete,
}

impl ActionRecord {
    /// Returns the class of the action's failures.
    fn class(&self) -> FailureClass {
        if self.grouped { FailureClass::Grouped } else { FailureClass::Single }
    }

    /// Returns the entry of the failing action. `None` if it is not failing.
    fn entry(&self) -> Option<FailingAction> {
        match self.timeline.health() {
            Health::Failing { first, last } => Some(FailingAction {
                key: self.key.clone(),
                class: self.class(),
                address: self.mailbox.address.clone(),
                since: first.at,
                attempt: last.attempt,
                error: FailingAction::truncate_error(&last.error),
                error_kind: Some(ErrorKind::of(&last.error)),
                missing_since: None,
            }),
            Health::Healthy | Health::Abandoned(_) => None,
        }
    }
}

impl Store {
    /// Returns an action with one keyed read.
    pub async fn action(&self, key: &ActionKey) -> Result<Option<ActionRecord>, StoreError> {
        self.get((keys::action(key), ACTION)).await
    }

    /// Replaces the previous version of an action and changes its entry in the list of failing actions, both or neither.
    /// Returns `false` if another version was written concurrently.
    pub async fn save_action(&self, record: &ActionRecord, change: EntryChange) -> Result<bool, StoreError> {
        let item = to_item(record, (keys::action(&record.key), ACTION))?;
        let organization = &record.mailbox.organization;
        let entry = match change {
            EntryChange::None => return self.put_version(item, record.version).await,
            EntryChange::Put => {
                let Some(entry) = record.entry() else { return self.put_version(item, record.version).await };
                let put = Put::builder().table_name(&self.table).set_item(Some(entry.item(organization)?));
                TransactWriteItem::builder().put(put.build()?).build()
            }
            EntryChange::Delete => {
                let key = keys::item(FailingAction::key_of(organization, record.class(), &record.key));
                let delete = Delete::builder().table_name(&self.table).set_key(Some(key));
                TransactWriteItem::builder().delete(delete.build()?).build()
            }
        };
        let (condition, values) = follows_previous(record.version);
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(condition)
            .set_expression_attribute_values(values);
        let action = TransactWriteItem::builder().put(put.build()?).build();
        let request = self.client.transact_write_items().set_transact_items(Some(vec![action, entry]));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(is_lost) => Ok(false),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }

    /// Writes an item with an attribute `version`, on condition that the stored version is the previous one.
    pub(super) async fn put_version(&self, item: Item, version: u64) -> Result<bool, StoreError> {
        let (condition, values) = follows_previous(version);
        let put = self.client.put_item().set_item(Some(item));
        self.put_conditional(put.condition_expression(condition).set_expression_attribute_values(values)).await
    }
}

/// Returns the condition that the stored version is the one before `version`, and the condition's values. Before the first
/// one there is no item.
fn follows_previous(version: u64) -> (&'static str, Option<Item>) {
    if version <= 1 {
        return ("attribute_not_exists(pk)", None);
    }
    let before = AttributeValue::N((version - 1).to_string());
    ("version = :before", Some(Item::from([(":before".to_owned(), before)])))
}

fn is_lost(error: &TransactWriteItemsError) -> bool {
    failed_condition(error).is_some() || is_conflict(error)
}
