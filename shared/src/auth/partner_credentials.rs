//! The partners' settings, kept for what is done when no caller is there to bring them.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::auth::encryption::Sealer;
use crate::bss::Settings;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::ApplicationId;
use crate::store::{SealedCredentials, Store};

/// The partners of all installations.
#[derive(Debug)]
pub struct Partners {
    sealer: Arc<Sealer>,
    kept: Mutex<HashSet<(ApplicationId, Fingerprint)>>,
}

impl Partners {
    /// Partners whose settings are sealed by `sealer`.
    pub fn new(sealer: Arc<Sealer>) -> Self {
        Self { sealer, kept: Mutex::default() }
    }

    /// Keeps the settings of `call`, once for each partner. A sale does not wait for that: if it fails there is none, and
    /// what the call may leave behind has to be finished by its caller.
    pub async fn remember(
        &self,
        store: &Store,
        application: ApplicationId,
        settings: &Settings,
    ) -> Option<Fingerprint> {
        let fingerprint = Fingerprint::hash(&settings.expose());
        let known = (application, fingerprint.clone());
        if self.kept.lock().unwrap_or_else(PoisonError::into_inner).contains(&known) {
            return Some(fingerprint);
        }
        match self.keep(store, application, settings, &fingerprint).await {
            Ok(()) => {
                self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(known);
                Some(fingerprint)
            }
            Err(failure) => {
                tracing::warn!(error = failure.log_message(), "the partner's settings could not be kept");
                None
            }
        }
    }

    async fn keep(
        &self,
        store: &Store,
        application: ApplicationId,
        settings: &Settings,
        fingerprint: &Fingerprint,
    ) -> Result<(), ServiceError> {
        if store.partner(application, fingerprint).await?.is_some() {
            return Ok(());
        }
        let settings = serde_json::to_string(&settings.expose()).map_err(ServiceError::internal)?;
        let tenant = application.to_string();
        let sealed = self.sealer.seal(&tenant, &settings).await.map_err(ServiceError::internal)?;
        let record = SealedCredentials { application, fingerprint: fingerprint.clone(), sealed };
        Ok(store.save_partner(&record).await?)
    }

    /// The settings of a partner.
    pub async fn recall(
        &self,
        store: &Store,
        application: ApplicationId,
        fingerprint: &Fingerprint,
    ) -> Result<Settings, ServiceError> {
        let record = store.partner(application, fingerprint).await?;
        let record = record.ok_or_else(|| ServiceError::internal("the partner's settings were not kept"))?;
        let opened = self.sealer.open(&application.to_string(), &record.sealed).await.map_err(ServiceError::internal)?;
        let settings: BTreeMap<String, String> =
            serde_json::from_str(&opened).map_err(|_| ServiceError::internal("the partner's settings are no map"))?;
        Ok(settings.into_iter().collect())
    }
}
