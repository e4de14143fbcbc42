//! The connection to an MSP's ConnectWise: site, keys, and the time zone of its business days.

use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::auth::encryption::Sealer;
use crate::connectwise::{Client, ConnectWise, Credentials, Site, date};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
use crate::store::{ConnectionRecord, MspRecord};

/// The format of the encrypted keys.
#[derive(Deserialize)]
struct KeyPair {
    public: String,
    private: SecretString,
}

/// A connection to one MSP's ConnectWise.
#[derive(Debug)]
pub struct Connection {
    /// The MSP's settings; `None` before they are saved.
    pub settings: Option<MspRecord>,
    /// The time zone of the MSP's business days.
    pub zone: TimeZone,
    site: Site,
    credentials: Credentials,
}

impl Connection {
    /// Returns the connection in the MSP's saved settings, or `None` if there are no settings.
    ///
    /// # Errors
    /// As of [`from_record`](Self::from_record).
    pub async fn open(app: &App, msp: MspId) -> Result<Option<Self>, ServiceError> {
        let Some(settings) = app.store.msp(msp).await? else { return Ok(None) };
        let opened = Self::from_record(app, msp, &settings.connection).await?;
        Ok(Some(Self { settings: Some(settings), ..opened }))
    }

    /// Returns the connection that a record describes.
    ///
    /// # Errors
    /// [`ErrorCode::ConnectWiseNotConfigured`] if the record is no longer valid, [`ErrorCode::Internal`] if the keys
    /// cannot be decrypted.
    pub async fn from_record(app: &App, msp: MspId, record: &ConnectionRecord) -> Result<Self, ServiceError> {
        let opened = app.sealer.open(&msp.to_string(), &record.sealed).await.map_err(ServiceError::internal)?;
        let keys: KeyPair = serde_json::from_str(&opened)
            .map_err(|_| ServiceError::internal("the encrypted ConnectWise keys are malformed"))?;
        let site = Site::parse(&record.site, app.connectwise()?.config())
            .map_err(|error| ServiceError::new(ErrorCode::ConnectWiseNotConfigured, error.to_string()))?;
        let credentials = Credentials::new(&record.company, &keys.public, &keys.private)
            .map_err(|error| ServiceError::new(ErrorCode::ConnectWiseNotConfigured, error.to_string()))?;
        let zone = date::zone(&record.time_zone).ok_or_else(|| {
            ServiceError::new(
                ErrorCode::ConnectWiseNotConfigured,
                format!("The time zone {} is no longer known. Send the keys with another timeZone to portal/settings/credentials, then save the settings at portal/settings/save.", record.time_zone),
            )
        })?;
        Ok(Self { settings: None, zone, site, credentials })
    }

    /// Encrypts the keys for the MSP.
    ///
    /// # Errors
    /// [`ErrorCode::Internal`] if the encryption fails.
    pub async fn seal(
        sealer: &Sealer,
        msp: MspId,
        public: &str,
        private: &SecretString,
    ) -> Result<String, ServiceError> {
        let keys = json!({ "public": public.trim(), "private": private.expose_secret().trim() }).to_string();
        sealer.seal(&msp.to_string(), &keys).await.map_err(ServiceError::internal)
    }

    /// Returns a client of the MSP's ConnectWise.
    pub fn client<'a>(
        &'a self,
        connectwise: &'a ConnectWise,
        deadline: Deadline,
        log: &'a OutboundCallLog,
    ) -> Client<'a> {
        connectwise.client(&self.site, &self.credentials, deadline, log)
    }

    /// Returns the error for an MSP without saved settings.
    pub fn not_configured_error() -> ServiceError {
        ServiceError::new(
            ErrorCode::ConnectWiseNotConfigured,
            "ConnectWise is not configured for this MSP. Send its address and keys to portal/settings/credentials, then save the settings at portal/settings/save.",
        )
    }
}
