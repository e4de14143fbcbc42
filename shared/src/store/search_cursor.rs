//! How far a search through a partner's organizations has come, so that the next call goes on where it stopped.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::domain::account::Candidate;
use crate::domain::fingerprint::Fingerprint;
use crate::store::{AccountKey, Store, StoreError, to_item};

/// A search that one call could not finish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchCursor {
    /// What is looked for; another wish starts anew.
    pub fingerprint: Fingerprint,
    /// The next page to read, from 1.
    pub page: u32,
    /// What was found so far.
    pub candidates: Vec<Candidate>,
    /// When this is forgotten, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
}

impl SearchCursor {
    /// Goes on at `page` for the next quarter of an hour: the vendor's list may have changed by then.
    pub fn at(fingerprint: Fingerprint, page: u32, candidates: Vec<Candidate>, now: Timestamp) -> Self {
        let expires_at = now.saturating_add(15.minutes()).map_or(i64::MAX, Timestamp::as_second);
        Self { fingerprint, page, candidates, expires_at }
    }
}

impl Store {
    /// How far the search for `fingerprint` has come, if it was begun.
    pub async fn search(
        &self,
        key: &AccountKey,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Result<Option<SearchCursor>, StoreError> {
        let progress: Option<SearchCursor> = self.get(key.search()).await?;
        // TTL deletes late, so the time is compared here as well.
        Ok(progress.filter(|progress| progress.fingerprint == *fingerprint && progress.expires_at > now.as_second()))
    }

    /// Remembers how far a search has come.
    pub async fn save_search(&self, key: &AccountKey, progress: &SearchCursor) -> Result<(), StoreError> {
        self.put(to_item(progress, key.search())?).await
    }

    /// Forgets a search.
    pub async fn end_search(&self, key: &AccountKey) -> Result<(), StoreError> {
        self.delete(key.search()).await
    }
}
