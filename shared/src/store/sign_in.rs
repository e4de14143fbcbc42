//! Sign-ins of people that are under way at their identity provider. Each is used once. An item has nothing secret.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::store::{Store, StoreError, keys, to_item};

/// A sign-in that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInRecord {
    /// The MSP whose portal the person opens.
    pub msp: MspId,
    /// Time at which the sign-in began.
    pub began_at: Timestamp,
    /// Time of the last write of the identity provider to which the person was sent.
    pub provider_updated_at: Timestamp,
    /// Address to which the provider sends the person back.
    pub redirect_url: String,
    /// Time of expiry, in seconds since the epoch (the table's TTL attribute).
    pub expires_at: i64,
}

fn key(state: &str) -> (String, &'static str) {
    (format!("sign-in#{}", Fingerprint::hash(&state)), "sign-in")
}

impl Store {
    /// Returns a sign-in with one keyed read. DynamoDB deletes expired items late, so compare `expires_at`.
    pub async fn sign_in(&self, state: &str) -> Result<Option<SignInRecord>, StoreError> {
        self.get(key(state)).await
    }

    /// Writes a sign-in.
    pub async fn save_sign_in(&self, state: &str, record: &SignInRecord) -> Result<(), StoreError> {
        self.put(to_item(record, key(state))?).await
    }

    /// Deletes a sign-in, so that it is used once. Returns `false` if another request has used it.
    pub async fn use_sign_in(&self, state: &str) -> Result<bool, StoreError> {
        let delete = self
            .client
            .delete_item()
            .set_key(Some(keys::item(key(state))))
            .condition_expression("attribute_exists(pk)");
        self.delete_conditional(delete).await
    }
}
