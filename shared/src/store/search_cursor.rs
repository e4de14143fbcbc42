//! Position of a search through a partner's organizations, so that the next call continues where the last one stopped.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::domain::account::Candidate;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::list_position::{ListPosition, ReadPage};
use crate::store::{AccountKey, Store, StoreError, to_item};

/// The position of a search that one call could not finish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchCursor {
    /// Fingerprint of the search criteria. A search with other criteria starts from the beginning.
    pub fingerprint: Fingerprint,
    /// The next page to read, counted from 1.
    pub page: u32,
    /// The page before. `None` in cursors of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<ReadPage>,
    /// Number of readings of the whole list before. 0 in cursors of earlier releases.
    #[serde(default)]
    pub looks: u8,
    /// Matches so far.
    pub candidates: Vec<Candidate>,
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
}

impl SearchCursor {
    /// Returns a cursor at a position that expires after 15 minutes, because the vendor's list may change.
    pub fn at(
        fingerprint: Fingerprint,
        position: ListPosition,
        looks: u8,
        candidates: Vec<Candidate>,
        now: Timestamp,
    ) -> Self {
        let expires_at = now.saturating_add(15.minutes()).map_or(i64::MAX, Timestamp::as_second);
        Self { fingerprint, page: position.page, read: position.read, looks, candidates, expires_at }
    }

    /// Returns the position.
    pub fn position(&self) -> ListPosition {
        ListPosition { page: self.page, read: self.read.clone() }
    }
}

impl Store {
    /// Returns the cursor of the search for `fingerprint`; each purpose has its own. `None` if there is none, or if it expired.
    pub async fn search_cursor(
        &self,
        key: &AccountKey,
        purpose: &str,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<Option<SearchCursor>, StoreError> {
        let cursor: Option<SearchCursor> = self.get(key.search(purpose)).await?;
        // DynamoDB deletes expired items late, so the time is compared here as well.
        Ok(cursor.filter(|cursor| cursor.fingerprint == *fingerprint && cursor.expires_at > now.as_second()))
    }

    /// Writes the cursor of a search.
    pub async fn save_search_cursor(
        &self,
        key: &AccountKey,
        purpose: &str,
        cursor: &SearchCursor,
    ) -> Result<(), StoreError> {
        self.put(to_item(cursor, key.search(purpose))?).await
    }

    /// Deletes the cursor of a search.
    pub async fn clear_search_cursor(&self, key: &AccountKey, purpose: &str) -> Result<(), StoreError> {
        self.delete(key.search(purpose)).await
    }
}
