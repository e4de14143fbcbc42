//! A partner's settings, encrypted, for work that runs without a request from the partner.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys, to_item};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ApplicationId;

/// A partner's encrypted settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCredentials {
    /// The installation.
    pub application: ApplicationId,
    /// Fingerprint of the settings.
    pub fingerprint: Fingerprint,
    /// The ciphertext.
    pub sealed: String,
}

impl Store {
    /// Returns the settings with this fingerprint, with one keyed read.
    pub async fn credentials(
        &self,
        application: ApplicationId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<SealedCredentials>, StoreError> {
        self.get(keys::partner(application, fingerprint)).await
    }

    /// Writes a partner's settings.
    pub async fn save_credentials(&self, record: &SealedCredentials) -> Result<(), StoreError> {
        self.put(to_item(record, keys::partner(record.application, &record.fingerprint))?).await
    }
}
