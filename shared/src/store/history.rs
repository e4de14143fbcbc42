//! The history of an MSP: who changed what, where and when, and what it was before.
//!
//! An entry is written in the transaction of its change, so there is none without the other. What changes nothing in the
//! table, such as a mail, has its entry beside it; an addition that a person asks ConnectWise for, before it.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::connectwise::CompanyId;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;
use crate::domain::requester::{RequestChannel, Requester};
use crate::store::{AccountKey, Store, StoreError, from_item, keys, to_item, to_value};

const PREFIX: &str = "history#";

/// Time for which an entry is kept: a year, and the month in which it is compared.
const RETENTION: SignedDuration = SignedDuration::from_hours(400 * 24);

/// Beginning of the actions of the billing audit. Entries of earlier releases, which are all about it, have the rest only.
const AUDIT: &str = "audit/";

/// An entry of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// Time of the change.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    pub at: Timestamp,
    /// Who did it: a person's address, `portal` for a session of the MSP's tokens, the requester of an order in the shop,
    /// `audit`, or `trialEnd`.
    pub by: String,
    /// Where it was requested; absent in an entry of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<RequestChannel>,
    /// The endpoint, such as `plans/update`; of the audit also `audit/restore` and `audit/seats`.
    pub action: String,
    /// The record that was changed, such as a plan's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Id of the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// Vendor's id of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<ExternalId>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// The values before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The values after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The reason, or the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl HistoryEntry {
    /// Returns `true` if `sort` is the sort key of an entry.
    pub fn is_at(sort: &str) -> bool {
        sort.starts_with(PREFIX)
    }

    /// Returns an entry without details.
    pub fn new(at: Timestamp, requester: Requester) -> Self {
        Self {
            at,
            by: requester.by,
            channel: Some(requester.channel),
            action: requester.action,
            object: None,
            finding: None,
            organization: None,
            company: None,
            from: None,
            to: None,
            reason: None,
        }
    }
}

/// An entry of an MSP's history that is to be written.
#[derive(Clone, Debug)]
pub struct NewHistoryEntry {
    /// The MSP.
    pub msp: MspId,
    /// The entry.
    pub entry: HistoryEntry,
    /// Distinguishes entries of one moment. The same entry twice is written once.
    pub id: String,
}

/// Part of the history.
#[derive(Clone, Copy, Debug, Default)]
pub struct HistoryRange {
    /// Time of the first entry.
    pub since: Option<Timestamp>,
    /// Time after the last entry.
    pub until: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Item {
    sk: String,
    entry: HistoryEntry,
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute).
    expires_at: i64,
}

/// Returns the sort key of what is at `at`, without its id.
fn sort(at: Timestamp) -> String {
    format!("{PREFIX}{:015}#", at.as_millisecond())
}

impl HistoryRange {
    fn first(&self) -> String {
        self.since.map_or_else(|| PREFIX.to_owned(), sort)
    }

    fn last(&self) -> String {
        // A digit comes before a colon, so all entries come before this key.
        self.until.map_or_else(|| format!("{PREFIX}:"), sort)
    }

    /// Returns `true` if `position` is one of an entry of the range.
    pub fn has(&self, position: &str) -> bool {
        (self.first()..self.last()).contains(&format!("{PREFIX}{position}"))
    }
}

impl NewHistoryEntry {
    /// Adds the values before and after.
    #[must_use]
    pub fn with_values(mut self, from: Option<String>, to: Option<String>) -> Self {
        (self.entry.from, self.entry.to) = (from, to);
        self
    }

    /// Adds the customer that the change is about.
    #[must_use]
    pub fn with_customer(mut self, organization: Option<ExternalId>, company: Option<CompanyId>) -> Self {
        (self.entry.organization, self.entry.company) = (organization, company);
        self
    }

    /// Adds the customer of an account: its organization and, if it was sold to in the portal, its company.
    #[must_use]
    pub fn with_account(self, organization: Option<ExternalId>, account: &AccountKey) -> Self {
        let company = account.company(self.msp);
        self.with_customer(organization, company)
    }

    /// Adds a reason.
    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<String>) -> Self {
        self.entry.reason = Some(reason.into());
        self
    }

    fn item(&self) -> Result<keys::Item, StoreError> {
        let Self { msp, entry, id } = self;
        let sk = format!("{}{id}", sort(entry.at));
        let expires_at = entry.at.saturating_add(RETENTION).map_or(i64::MAX, Timestamp::as_second);
        let item = Item { sk: sk.clone(), entry: entry.clone(), expires_at };
        to_item(&item, (keys::msp(*msp), sk))
    }

    /// Returns the write of the entry in the transaction of its change.
    pub(super) fn write(&self, table: &str) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(table).set_item(Some(self.item()?)).build()?;
        Ok(TransactWriteItem::builder().put(put).build())
    }
}

/// The condition that an item is as it was read.
struct Unchanged {
    expression: String,
    names: HashMap<String, String>,
    values: keys::Item,
}

impl Unchanged {
    /// Returns the condition that an item is still `before`, or still missing. An attribute that only `after` has must be
    /// missing.
    fn new(before: Option<&keys::Item>, after: Option<&keys::Item>) -> Self {
        let Some(before) = before else {
            let expression = format!("attribute_not_exists({})", keys::PARTITION);
            return Self { expression, names: HashMap::new(), values: HashMap::new() };
        };
        let attributes: BTreeSet<&String> = before.keys().chain(after.into_iter().flat_map(HashMap::keys)).collect();
        let (mut parts, mut names, mut values) = (Vec::new(), HashMap::new(), HashMap::new());
        let compared =
            attributes.into_iter().filter(|name| ![keys::PARTITION, keys::SORT].contains(&name.as_str())).enumerate();
        for (number, name) in compared {
            let (placeholder, value) = (format!("#a{number}"), format!(":a{number}"));
            parts.push(match before.get(name) {
                Some(attribute) => {
                    values.insert(value.clone(), attribute.clone());
                    format!("{placeholder} = {value}")
                }
                None => format!("attribute_not_exists({placeholder})"),
            });
            names.insert(placeholder, name.clone());
        }
        // An item with nothing but its key is compared by its key.
        let expression =
            if parts.is_empty() { format!("attribute_exists({})", keys::PARTITION) } else { parts.join(" AND ") };
        Self { expression, names, values }
    }

    fn names(&self) -> Option<HashMap<String, String>> {
        (!self.names.is_empty()).then(|| self.names.clone())
    }

    fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

impl Store {
    /// Adds an entry to the MSP's history. The same entry twice is written once.
    pub async fn add_history(&self, new: &NewHistoryEntry) -> Result<(), StoreError> {
        self.put(new.item()?).await
    }

    /// Moves the entry at the sort key `sort` from one MSP to another. Idempotent: an entry that is not there was moved.
    pub async fn move_history(&self, from: MspId, to: MspId, sort: &str) -> Result<(), StoreError> {
        let Some(mut item) = self.get_item((keys::msp(from), sort)).await? else { return Ok(()) };
        item.extend(keys::item((keys::msp(to), sort)));
        self.put(item).await?;
        self.delete((keys::msp(from), sort)).await
    }

    /// Writes `after` in place of `before`, as it was read, or deletes it if `after` is `None`, with the entry about it, in one
    /// transaction. Returns `false`, and writes nothing, if the item is another one meanwhile.
    pub(super) async fn replace_recorded<T>(
        &self,
        key: (String, String),
        before: Option<&T>,
        after: Option<&T>,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError>
    where
        T: Serialize + DeserializeOwned + PartialEq,
    {
        let read = self.get_item(key.clone()).await?;
        let current: Option<T> = read.clone().map(from_item).transpose()?;
        if current.as_ref() != before {
            return Ok(false);
        }
        self.replace_read(key, read, after, entry).await
    }

    /// Writes `after` in place of `before` as [`Self::replace_recorded`] does. A missing item stands for the default.
    pub(super) async fn replace_or_default<T>(
        &self,
        key: (String, String),
        before: &T,
        after: &T,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError>
    where
        T: Serialize + DeserializeOwned + PartialEq + Default,
    {
        let read = self.get_item(key.clone()).await?;
        let current: Option<T> = read.clone().map(from_item).transpose()?;
        if current.unwrap_or_default() != *before {
            return Ok(false);
        }
        self.replace_read(key, read, Some(after), entry).await
    }

    /// Writes `after` in place of the item `read`, or deletes it if `after` is `None`, with the entry about it.
    async fn replace_read<T: Serialize>(
        &self,
        key: (String, String),
        read: Option<keys::Item>,
        after: Option<&T>,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        let item = after.map(|after| to_item(after, key.clone())).transpose()?;
        let unchanged = Unchanged::new(read.as_ref(), item.as_ref());
        let write = TransactWriteItem::builder();
        let write = match item {
            Some(item) => write.put(
                Put::builder()
                    .table_name(&self.table)
                    .set_item(Some(item))
                    .condition_expression(&unchanged.expression)
                    .set_expression_attribute_names(unchanged.names())
                    .set_expression_attribute_values(unchanged.values())
                    .build()?,
            ),
            None => write.delete(
                Delete::builder()
                    .table_name(&self.table)
                    .set_key(Some(keys::item(key)))
                    .condition_expression(&unchanged.expression)
                    .set_expression_attribute_names(unchanged.names())
                    .set_expression_attribute_values(unchanged.values())
                    .build()?,
            ),
        };
        let entry = entry.map(|entry| entry.write(&self.table)).transpose()?;
        self.transact(std::iter::once(write.build()).chain(entry).collect()).await
    }

    /// Returns at most `limit` entries of `range` before the position `before`, the latest first, each with its position. Fewer
    /// than `limit` are the oldest.
    pub async fn history(
        &self,
        msp: MspId,
        range: HistoryRange,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, HistoryEntry)>, StoreError> {
        let start = before.map(|before| keys::item((keys::msp(msp), format!("{PREFIX}{before}"))));
        let mut pages = self
            .query("pk = :partition AND sk BETWEEN :first AND :last", keys::msp(msp))
            .expression_attribute_values(":first", to_value(range.first())?)
            .expression_attribute_values(":last", to_value(range.last())?)
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .into_paginator()
            .page_size(i32::try_from(limit).unwrap_or(i32::MAX))
            .items()
            .send();
        let mut entries = Vec::new();
        while entries.len() < limit {
            let Some(item) = pages.next().await else { break };
            let Item { sk, mut entry, .. } = from_item(item.map_err(StoreError::unavailable)?)?;
            if entry.channel.is_none() && !entry.action.contains('/') {
                entry.action.insert_str(0, AUDIT);
            }
            entries.push((sk.strip_prefix(PREFIX).unwrap_or_default().to_owned(), entry));
        }
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(attributes: &[(&str, &str)]) -> keys::Item {
        let key = keys::item(("msp#1".to_owned(), "plan#1"));
        let others =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), AttributeValue::S((*value).to_owned())));
        key.into_iter().chain(others).collect()
    }

    #[test]
    fn an_item_is_unchanged_if_all_its_attributes_are() {
        let (before, after) = (item(&[("name", "a"), ("price", "3")]), item(&[("name", "b"), ("trial", "yes")]));
        let unchanged = Unchanged::new(Some(&before), Some(&after));
        assert_eq!(unchanged.expression, "#a0 = :a0 AND #a1 = :a1 AND attribute_not_exists(#a2)");
        assert_eq!(unchanged.names["#a2"], "trial");
        assert_eq!(unchanged.values[":a1"], AttributeValue::S("3".to_owned()));
        assert_eq!(Unchanged::new(None, Some(&after)).expression, "attribute_not_exists(pk)");
        let bare = Unchanged::new(Some(&item(&[])), None);
        assert_eq!((bare.expression.as_str(), bare.names(), bare.values()), ("attribute_exists(pk)", None, None));
    }

    #[test]
    fn a_range_has_its_own_positions() {
        let at = |time: &str| Some(time.parse().unwrap());
        let quarter = HistoryRange { since: at("2026-10-01T00:00:00Z"), until: at("2027-01-01T00:00:00Z") };
        let position = |time: &str| format!("{:015}#x", time.parse::<Timestamp>().unwrap().as_millisecond());
        assert!(quarter.has(&position("2026-10-01T00:00:00Z")) && quarter.has(&position("2026-12-31T23:59:59Z")));
        assert!(!quarter.has(&position("2026-09-30T23:59:59Z")) && !quarter.has(&position("2027-01-01T00:00:00Z")));
        assert!(HistoryRange::default().has(&position("2026-10-01T00:00:00Z")));
        assert!(!HistoryRange::default().has("x"));
    }

    #[test]
    fn an_entry_of_an_earlier_release_is_read() {
        let earlier = serde_json::json!({ "at": "2026-11-28T12:00:00Z", "by": "portal", "action": "dismiss" });
        let entry: HistoryEntry = serde_json::from_value(earlier).unwrap();
        assert_eq!((entry.channel, entry.action.as_str()), (None, "dismiss"));
    }
}
