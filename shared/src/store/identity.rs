//! The identity provider of an MSP, at which its people sign in.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::msp::MspId;
use crate::store::{NewHistoryEntry, Store, StoreError, keys};

const IDENTITY: &str = "identity";

/// An MSP's identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityRecord {
    /// The issuer, exactly as the provider writes it.
    pub issuer: String,
    /// The id of the portal at the provider.
    pub client_id: String,
    /// The client's secret, encrypted with the MSP as encryption context.
    pub sealed: String,
    /// Time of the last write. Sessions and sign-ins of people that rest on an earlier one have ended.
    pub updated_at: Timestamp,
}

fn key(msp: MspId) -> (String, String) {
    (keys::msp(msp), IDENTITY.to_owned())
}

impl Store {
    /// Returns the MSP's identity provider with one keyed read.
    pub async fn identity(&self, msp: MspId) -> Result<Option<IdentityRecord>, StoreError> {
        self.get(key(msp)).await
    }

    /// Writes the MSP's identity provider in place of `before`, or deletes it if `after` is `None`, with the entry about it.
    /// Returns `false` if it was changed meanwhile.
    pub async fn replace_identity(
        &self,
        msp: MspId,
        before: Option<&IdentityRecord>,
        after: Option<&IdentityRecord>,
        entry: Option<&NewHistoryEntry>,
    ) -> Result<bool, StoreError> {
        self.replace_recorded(key(msp), before, after, entry).await
    }
}
