//! An MSP's session in the portal. Its token is not kept, only what it is known by.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys, to_item};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Whose it is.
    pub msp: MspId,
    /// The partner's settings, by which they are recalled.
    pub credentials_id: Fingerprint,
    /// When it ends, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
}

impl Store {
    /// The session whose token has that fingerprint, one keyed read. TTL deletes late: compare the time.
    pub async fn session(&self, token: &Fingerprint) -> Result<Option<SessionRecord>, StoreError> {
        self.get(keys::session(token)).await
    }

    /// Keeps a session.
    pub async fn save_session(&self, token: &Fingerprint, session: &SessionRecord) -> Result<(), StoreError> {
        self.put(to_item(session, keys::session(token))?).await
    }
}
