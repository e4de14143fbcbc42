//! The history of an MSP's billing audit: who did what, and what it was before.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::connectwise::CompanyId;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;
use crate::store::{Store, StoreError, from_item, keys, to_item};

const PREFIX: &str = "history#";

/// Time for which an entry is kept: a year, and the month in which it is compared.
const RETENTION: SignedDuration = SignedDuration::from_hours(400 * 24);

/// An entry of the history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// Time of the action.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    pub at: Timestamp,
    /// Who did it: `portal` or `audit`.
    pub by: String,
    /// The action: `apply`, `dismiss`, `restore`, `seats`, `settings` or `run`.
    pub action: String,
    /// Id of the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// Vendor's id of the organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<ExternalId>,
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// The value before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The value after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The reason, or the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl HistoryEntry {
    /// Returns an entry without details.
    pub fn new(at: Timestamp, by: &str, action: &str) -> Self {
        Self {
            at,
            by: by.to_owned(),
            action: action.to_owned(),
            finding: None,
            organization: None,
            company: None,
            from: None,
            to: None,
            reason: None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Item {
    sk: String,
    entry: HistoryEntry,
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute).
    expires_at: i64,
}

impl Store {
    /// Adds an entry to the MSP's history. `id` distinguishes entries of one moment; the same entry twice is written once.
    pub async fn add_history(&self, msp: MspId, entry: &HistoryEntry, id: &str) -> Result<(), StoreError> {
        let sk = format!("{PREFIX}{:015}#{id}", entry.at.as_millisecond());
        let expires_at = entry.at.saturating_add(RETENTION).map_or(i64::MAX, Timestamp::as_second);
        let item = Item { sk: sk.clone(), entry: entry.clone(), expires_at };
        self.put(to_item(&item, (keys::msp(msp), sk))?).await
    }

    /// Returns at most `limit` entries before the position `before`, the latest first, and the position of the last one.
    /// Fewer than `limit` are the oldest.
    pub async fn history(
        &self,
        msp: MspId,
        before: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<HistoryEntry>, Option<String>), StoreError> {
        let start = before.map(|before| keys::item((keys::msp(msp), format!("{PREFIX}{before}"))));
        let mut pages = self
            .query_below(keys::msp(msp), PREFIX)
            .scan_index_forward(false)
            .set_exclusive_start_key(start)
            .into_paginator()
            .page_size(i32::try_from(limit).unwrap_or(i32::MAX))
            .items()
            .send();
        let (mut entries, mut last) = (Vec::new(), None);
        while entries.len() < limit {
            let Some(item) = pages.next().await else { break };
            let item: Item = from_item(item.map_err(StoreError::unavailable)?)?;
            last = item.sk.strip_prefix(PREFIX).map(str::to_owned);
            entries.push(item.entry);
        }
        Ok((entries, last))
    }
}
