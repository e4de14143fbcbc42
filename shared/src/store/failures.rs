//! The failing actions of an organization: one item each, and one record of what they have in common.
//!
//! The items stand in the partition of the organization, below the sort key of the record, so one query reads all of
//! them. No item grows with the number of failing actions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{FAILURES, Item, Store, StoreError, from_item, keys, to_item};
use crate::domain::action::ActionKey;
use crate::domain::action::error_kind::ErrorKind;
use crate::domain::vendor_id::VendorId;

/// Maximum number of addresses that the record of an organization names.
pub const MAX_SAMPLE: usize = 100;

/// Maximum length of the error of a failing action, in characters.
const MAX_ERROR: usize = 200;

/// Kind of a failing action's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// The action failed as one of many, which share one ticket.
    Grouped,
    /// The action has a ticket of its own.
    Single,
    /// A backup that the vendor may still complete by itself. It is no failure yet.
    Suspected,
}

impl FailureClass {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Grouped => "grouped",
            Self::Single => "single",
            Self::Suspected => "suspected",
        }
    }

    fn prefix(self) -> String {
        format!("{FAILURES}#{}#", self.as_str())
    }
}

/// A failing action of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingAction {
    /// The action.
    pub key: ActionKey,
    /// The entry's kind.
    pub class: FailureClass,
    /// The mailbox's address.
    pub address: String,
    /// Time of the first failure; of a suspected one, time at which it was first seen.
    pub since: Timestamp,
    /// Number of the last failed attempt; 0 for a suspected failure.
    pub attempt: u32,
    /// The vendor's error message, at most 200 characters.
    pub error: String,
    /// The kind of the whole message. `None` in an entry older than this attribute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<ErrorKind>,
    /// Time of the first check in which the vendor's list lacked the mailbox. `None` if the last check saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_since: Option<Timestamp>,
}

impl FailingAction {
    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.error_kind.unwrap_or_else(|| ErrorKind::of(&self.error))
    }

    /// Truncates an error to the length that an entry stores.
    pub fn truncate_error(error: &str) -> String {
        error.chars().take(MAX_ERROR).collect()
    }

    pub(super) fn key_of(organization: &VendorId, class: FailureClass, key: &ActionKey) -> (String, String) {
        (keys::organization(organization), format!("{}{key}", class.prefix()))
    }

    pub(super) fn item(&self, organization: &VendorId) -> Result<Item, StoreError> {
        to_item(self, Self::key_of(organization, self.class, &self.key))
    }
}

/// An entry of the map that earlier releases wrote into the record of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappedFailure {
    address: String,
    since: Timestamp,
    attempt: u32,
    error: String,
    #[serde(default)]
    grouped: bool,
}

/// Summary of the failing actions of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailuresRecord {
    /// The organization.
    pub organization: VendorId,
    /// Failing actions that were written into the record itself, by [`ActionKey`]. They become items of their own before
    /// the next change.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failing: BTreeMap<String, MappedFailure>,
    /// Time since which many actions fail. `None` if they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grouped_since: Option<Timestamp>,
    /// Number of grouped failures. Up to [`MAX_SAMPLE`] it is exact; above, every check makes it exact.
    #[serde(default)]
    pub grouped_count: usize,
    /// The most grouped failures at one time.
    #[serde(default)]
    pub grouped_peak: usize,
    /// Addresses of grouped failures, at most [`MAX_SAMPLE`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sample: Vec<String>,
    /// Error of a grouped failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_error: Option<String>,
    /// Number of writes.
    pub version: u64,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

impl FailuresRecord {
    /// Returns the record of an organization without failing actions.
    pub fn none(organization: VendorId, now: Timestamp) -> Self {
        Self {
            organization,
            failing: BTreeMap::new(),
            grouped_since: None,
            grouped_count: 0,
            grouped_peak: 0,
            sample: Vec::new(),
            sample_error: None,
            version: 0,
            updated_at: now,
        }
    }

    /// Returns the entries that the record itself has.
    pub fn mapped(&self) -> Vec<FailingAction> {
        let entries = self.failing.iter().filter_map(|(key, failure)| {
            Some(FailingAction {
                key: key.parse().ok()?,
                class: if failure.grouped { FailureClass::Grouped } else { FailureClass::Single },
                address: failure.address.clone(),
                since: failure.since,
                attempt: failure.attempt,
                error: failure.error.clone(),
                error_kind: None,
                missing_since: None,
            })
        });
        entries.collect()
    }

    /// Sets the number of grouped failures and some of them, which is the state at `now`.
    pub fn set_grouped(&mut self, count: usize, sample: &[FailingAction], now: Timestamp) {
        let since = (count > 0).then(|| self.grouped_since.unwrap_or(now));
        let peak = if count == 0 { 0 } else { self.grouped_peak.max(count) };
        if (since, peak, count) == (self.grouped_since, self.grouped_peak, self.grouped_count) {
            return;
        }
        (self.grouped_since, self.grouped_peak, self.grouped_count) = (since, peak, count);
        self.sample = sample.iter().take(MAX_SAMPLE).map(|action| action.address.clone()).collect();
        self.sample_error = sample.first().map(|action| action.error.clone());
    }

    /// Completes a record whose entries are in the record itself.
    fn with_mapped(mut self) -> Self {
        if !self.failing.is_empty() && self.grouped_count == 0 {
            let grouped: Vec<_> =
                self.mapped().into_iter().filter(|action| action.class == FailureClass::Grouped).collect();
            let since = self.updated_at;
            self.set_grouped(grouped.len(), &grouped, since);
        }
        self
    }
}

/// All that is recorded of an organization's failing actions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownFailures {
    /// Their summary.
    pub record: Option<FailuresRecord>,
    /// The entries: grouped, single and suspected ones, each ordered by key.
    pub entries: Vec<FailingAction>,
}

impl Store {
    /// Returns what the failing actions of an organization have in common, with one keyed read.
    pub async fn failures(&self, organization: &VendorId) -> Result<Option<FailuresRecord>, StoreError> {
        let record: Option<FailuresRecord> = self.get((keys::organization(organization), FAILURES)).await?;
        Ok(record.map(FailuresRecord::with_mapped))
    }

    /// Returns all that is recorded of an organization's failing actions, with one query.
    pub async fn known_failures(&self, organization: &VendorId) -> Result<KnownFailures, StoreError> {
        let mut known = KnownFailures::default();
        let mut items = self.query_below(keys::organization(organization), FAILURES).into_paginator().items().send();
        while let Some(item) = items.next().await {
            let item = item.map_err(StoreError::unavailable)?;
            if keys::sort_of(&item) == Some(FAILURES) {
                known.record = Some(from_item::<FailuresRecord>(item)?.with_mapped());
            } else {
                known.entries.push(from_item(item)?);
            }
        }
        Ok(known)
    }

    /// Returns at most `limit` entries of a kind, ordered by key.
    pub async fn failing_actions(
        &self,
        organization: &VendorId,
        class: FailureClass,
        limit: usize,
    ) -> Result<Vec<FailingAction>, StoreError> {
        self.query_page(keys::organization(organization), &class.prefix(), None, limit).await
    }

    /// Returns the failing actions of an organization that have tickets of their own.
    pub async fn single_failures(&self, organization: &VendorId) -> Result<Vec<ActionKey>, StoreError> {
        let mapped = self.failures(organization).await?.map(|record| record.mapped()).unwrap_or_default();
        let prefix = FailureClass::Single.prefix();
        let items: Vec<FailingAction> = self.query_prefix(keys::organization(organization), &prefix).await?;
        let all = mapped.into_iter().filter(|entry| entry.class == FailureClass::Single).chain(items);
        Ok(all.map(|entry| entry.key).collect())
    }

    /// Writes an entry and replaces an existing one.
    pub async fn put_failing_action(&self, organization: &VendorId, entry: &FailingAction) -> Result<(), StoreError> {
        self.put(entry.item(organization)?).await
    }

    /// Writes an entry unless it was deleted since it was read.
    pub async fn update_failing_action(
        &self,
        organization: &VendorId,
        entry: &FailingAction,
    ) -> Result<(), StoreError> {
        let put = self.client.put_item().set_item(Some(entry.item(organization)?));
        self.put_conditional(put.condition_expression("attribute_exists(pk)")).await.map(drop)
    }

    /// Deletes an entry.
    pub async fn delete_failing_action(
        &self,
        organization: &VendorId,
        entry: &FailingAction,
    ) -> Result<(), StoreError> {
        self.delete(FailingAction::key_of(organization, entry.class, &entry.key)).await
    }

    /// Replaces the previous version of an organization's record. Returns `false` if another version was written
    /// concurrently.
    pub async fn save_failures(&self, record: &FailuresRecord) -> Result<bool, StoreError> {
        self.put_version(to_item(record, (keys::organization(&record.organization), FAILURES))?, record.version).await
    }
}
