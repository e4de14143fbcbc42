//! The digest of a period: one ticket about what needs attention.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::connectwise::{CompanyId, TicketId};
use crate::domain::msp::MspId;
use crate::store::sync_state::{SyncRecord, SyncStatus};
use crate::store::{DigestKey, Store, StoreError, keys, to_item, to_value, work_index};

const DIGEST: &str = "digest";
const STATE: &str = "digest-state";

/// Time for which a digest is kept.
const RETENTION: SignedDuration = SignedDuration::from_hours(400 * 24);

/// A digest: its text, which does not change any more, and the state of its ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestRecord {
    /// The key.
    pub key: DigestKey,
    /// The ticket's summary.
    pub summary: String,
    /// The ticket's description.
    pub description: String,
    /// The sync status.
    #[serde(flatten)]
    pub sync: SyncStatus,
    /// A create whose outcome is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_create: Option<PendingDigestCreate>,
    /// The ticket in ConnectWise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketId>,
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
}

/// A create request for the ticket of a digest, whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingDigestCreate {
    /// The company of the ticket.
    pub company: CompanyId,
    /// Time of the request.
    pub at: Timestamp,
}

/// The last period for which the MSP's digest was looked at, or in which it was switched on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestState {
    /// First day of the period.
    pub period: Date,
    /// The last digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastDigest>,
}

/// The last period for which it was known what needed attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastDigest {
    /// First day of the period.
    pub period: Date,
    /// Number of things that needed attention. Without any, there is no ticket.
    pub count: usize,
}

impl DigestRecord {
    /// Returns the digest whose ticket is to be created.
    pub fn new(key: DigestKey, summary: String, description: String, now: Timestamp) -> Self {
        let expires_at = now.saturating_add(RETENTION).map_or(i64::MAX, Timestamp::as_second);
        let sync = SyncStatus::new(now);
        Self { key, summary, description, sync, pending_create: None, ticket: None, expires_at }
    }
}

impl SyncRecord for DigestRecord {
    const RETRY_ENDPOINT: &'static str = "portal/settings/save";

    fn status(&self) -> &SyncStatus {
        &self.sync
    }

    fn status_mut(&mut self) -> &mut SyncStatus {
        &mut self.sync
    }

    fn key(&self) -> (String, String) {
        (self.key.partition(), DIGEST.to_owned())
    }

    fn msp(&self) -> MspId {
        self.key.msp
    }

    fn shard(&self) -> String {
        work_index::digest_shard(&self.key)
    }
}

impl Store {
    /// Returns a digest with one keyed read.
    pub async fn digest(&self, key: &DigestKey) -> Result<Option<DigestRecord>, StoreError> {
        self.get((key.partition(), DIGEST)).await
    }

    /// Returns the last period for which the MSP's digest was looked at.
    pub async fn digest_state(&self, msp: MspId) -> Result<Option<DigestState>, StoreError> {
        self.get((keys::msp(msp), STATE)).await
    }

    /// Records that the digest of a period was looked at. Returns `false` if that of this period, or a later one, was before.
    pub async fn save_digest_state(&self, msp: MspId, state: &DigestState) -> Result<bool, StoreError> {
        let put = self
            .client
            .put_item()
            .set_item(Some(to_item(state, (keys::msp(msp), STATE))?))
            .condition_expression("attribute_not_exists(pk) OR #period < :period")
            .expression_attribute_names("#period", "period")
            .expression_attribute_values(":period", to_value(state.period)?);
        self.put_conditional(put).await
    }
}
