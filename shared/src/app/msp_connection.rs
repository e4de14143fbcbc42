//! An MSP's ConnectWise, opened: where it is, the keys, and the zone of its business days.

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
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::{ConnectionRecord, MspRecord};

/// The keys as they are sealed.
#[derive(Deserialize)]
struct Keys {
    public: String,
    private: SecretString,
}

/// A way into one MSP's ConnectWise.
#[derive(Debug)]
pub struct Connection {
    /// The MSP's settings; none before they are submitted.
    pub settings: Option<MspRecord>,
    /// The zone of its business days.
    pub zone: TimeZone,
    site: Site,
    credentials: Credentials,
}

impl Connection {
    /// That of the MSP's settings; none if there are none.
    pub async fn open(app: &App, msp: MspId) -> Result<Option<Self>, ServiceError> {
        let Some(settings) = app.store.msp(msp).await? else { return Ok(None) };
        let opened = Self::of(app, msp, &settings.connection).await?;
        Ok(Some(Self { settings: Some(settings), ..opened }))
    }

    /// That of a record.
    pub async fn of(app: &App, msp: MspId, record: &ConnectionRecord) -> Result<Self, ServiceError> {
        let opened = app.sealer.open(&msp.to_string(), &record.sealed).await.map_err(ServiceError::internal)?;
        let keys: Keys =
            serde_json::from_str(&opened).map_err(|_| ServiceError::internal("sealed keys that are no keys"))?;
        let site = Site::parse(&record.site, app.connectwise()?.config())
            .map_err(|error| ServiceError::new(ErrorCode::ConnectWiseNotConfigured, error.to_string()))?;
        let credentials = Credentials::new(&record.company, &keys.public, &keys.private)
            .map_err(|error| ServiceError::new(ErrorCode::ConnectWiseNotConfigured, error.to_string()))?;
        let zone = date::zone(&record.time_zone).ok_or_else(|| {
            ServiceError::new(
                ErrorCode::ConnectWiseNotConfigured,
                format!("The time zone {} is not known any more. Submit the settings anew.", record.time_zone),
            )
        })?;
        Ok(Self { settings: None, zone, site, credentials })
    }

    /// The keys, sealed for the MSP.
    pub async fn seal(sealer: &Sealer, msp: MspId, public: &str, private: &SecretString) -> Result<String, ServiceError> {
        let keys = json!({ "public": public.trim(), "private": private.expose_secret().trim() }).to_string();
        sealer.seal(&msp.to_string(), &keys).await.map_err(ServiceError::internal)
    }

    /// The client of it.
    pub fn client<'a>(&'a self, connectwise: &'a ConnectWise, deadline: Deadline, log: &'a OutboundCallLog) -> Client<'a> {
        connectwise.client(&self.site, &self.credentials, deadline, log)
    }

    /// What is said as long as there is none.
    pub fn unset() -> ServiceError {
        ServiceError::new(
            ErrorCode::ConnectWiseNotConfigured,
            "ConnectWise is not set up for this MSP. Enter its address and keys at portal/settings/credentials, then submit portal/settings/save.",
        )
    }
}
