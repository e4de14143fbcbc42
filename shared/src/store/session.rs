//! Portal sessions of MSPs. An item has the fingerprint of the session's token, not the token.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys, to_item};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The MSP that signed in.
    pub msp: MspId,
    /// Fingerprint of the MSP's partner credentials.
    pub credentials_id: Fingerprint,
    /// End of the session, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
}

impl Store {
    /// Returns the session with this token fingerprint, with one keyed read. DynamoDB deletes expired items late, so
    /// compare `expires_at`.
    pub async fn session(&self, token: &Fingerprint) -> Result<Option<SessionRecord>, StoreError> {
        self.get(keys::session(token)).await
    }

    /// Writes a session.
    pub async fn save_session(&self, token: &Fingerprint, session: &SessionRecord) -> Result<(), StoreError> {
        self.put(to_item(session, keys::session(token))?).await
    }
}
