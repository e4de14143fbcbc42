//! The partners' settings, stored encrypted for jobs that run without a caller.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::encryption::Sealer;
use crate::bss::Settings;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ApplicationId;
use crate::store::{SealedCredentials, Store};

/// The credentials of the partners of all installations.
#[derive(Debug)]
pub struct PartnerCredentialStore {
    sealer: Arc<Sealer>,
    cache: Mutex<HashSet<(ApplicationId, Fingerprint)>>,
}

impl PartnerCredentialStore {
    /// Returns a store that encrypts with `sealer`.
    pub fn new(sealer: Arc<Sealer>) -> Self {
        Self { sealer, cache: Mutex::default() }
    }

    /// Returns the id of a partner's settings.
    pub fn id(settings: &Settings) -> Fingerprint {
        Fingerprint::hash(&settings.expose())
    }

    /// Stores the settings of a partner, once per partner and process, and returns their id. Returns `None` if that
    /// fails: an order does not fail because of it, but if the order is abandoned, only its caller can complete it.
    pub async fn save(&self, store: &Store, application: ApplicationId, settings: &Settings) -> Option<Fingerprint> {
        let fingerprint = Self::id(settings);
        let entry = (application, fingerprint.clone());
        if self.cache.lock().unwrap_or_else(PoisonError::into_inner).contains(&entry) {
            return Some(fingerprint);
        }
        match self.store(store, application, settings, &fingerprint).await {
            Ok(()) => {
                self.cache.lock().unwrap_or_else(PoisonError::into_inner).insert(entry);
                Some(fingerprint)
            }
            Err(error) => {
                tracing::warn!(error = error.log_message(), "failed to store the partner's settings");
                None
            }
        }
    }

    async fn store(
        &self,
        store: &Store,
        application: ApplicationId,
        settings: &Settings,
        fingerprint: &Fingerprint,
    ) -> Result<(), ServiceError> {
        if store.credentials(application, fingerprint).await?.is_some() {
            return Ok(());
        }
        let settings = serde_json::to_string(&settings.expose()).map_err(ServiceError::internal)?;
        let tenant = application.to_string();
        let sealed = self.sealer.seal(&tenant, &settings).await.map_err(ServiceError::internal)?;
        let record = SealedCredentials { application, fingerprint: fingerprint.clone(), sealed };
        Ok(store.save_credentials(&record).await?)
    }

    /// Returns the settings of a partner.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`](crate::domain::error_code::ErrorCode::Internal) if they are not stored or cannot be
    /// decrypted.
    pub async fn load(
        &self,
        store: &Store,
        application: ApplicationId,
        fingerprint: &Fingerprint,
    ) -> Result<Settings, ServiceError> {
        let record = store.credentials(application, fingerprint).await?;
        let record = record.ok_or_else(|| ServiceError::internal("the partner's settings are not stored"))?;
        let opened =
            self.sealer.open(&application.to_string(), &record.sealed).await.map_err(ServiceError::internal)?;
        let settings: BTreeMap<String, String> = serde_json::from_str(&opened)
            .map_err(|_| ServiceError::internal("the partner's settings are not a JSON map"))?;
        Ok(settings.into_iter().collect())
    }
}
