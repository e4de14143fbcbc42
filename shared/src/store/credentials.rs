//! A partner's settings, sealed, for what is done when no caller is there to bring them.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, keys, to_item};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ApplicationId;

/// A partner of an installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCredentials {
    /// The installation.
    pub application: ApplicationId,
    /// What tells its settings from another's.
    pub fingerprint: Fingerprint,
    /// The settings, sealed.
    pub sealed: String,
}

impl Store {
    /// The partner of that fingerprint, one keyed read.
    pub async fn partner(
        &self,
        application: ApplicationId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<SealedCredentials>, StoreError> {
        self.get(keys::partner(application, fingerprint)).await
    }

    /// Keeps a partner.
    pub async fn save_partner(&self, record: &SealedCredentials) -> Result<(), StoreError> {
        self.put(to_item(record, keys::partner(record.application, &record.fingerprint))?).await
    }
}
