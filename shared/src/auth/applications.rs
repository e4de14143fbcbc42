//! Authorization of BSS installations: the application id and API key of a request must be
//! registered (`key_registry`).

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::auth::key_registry::KeyRegistry;
use crate::bss::headers;
use crate::config::{self, ConfigError};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ApplicationId;

/// The registered installations.
#[derive(Debug)]
pub struct Applications(KeyRegistry);

/// An installation whose key was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorizedApplication {
    /// The application id, or the one that it replaces. It owns the installation's records.
    pub id: ApplicationId,
    /// The number of its key in the secret, from 1.
    pub key_number: usize,
}

impl Applications {
    /// Reads the applications from the secret whose ARN or name is in `APPLICATIONS_SECRET_ID`.
    ///
    /// # Errors
    /// The variable is not set.
    pub fn from_env(aws: &aws_config::SdkConfig) -> Result<Self, ConfigError> {
        Ok(Self(KeyRegistry::from_secret(aws, config::required("APPLICATIONS_SECRET_ID")?)))
    }

    /// Returns a fixed set of applications, for the local stack and for tests.
    pub fn from_keys(keys: impl IntoIterator<Item = (Uuid, SecretString)>) -> Self {
        Self(KeyRegistry::from_keys(keys))
    }

    /// Returns the installation whose application id and API key are in the headers.
    ///
    /// # Errors
    /// [`ErrorCode::NotAuthorized`] for any missing or wrong header; [`ErrorCode::StoreUnavailable`] if the keys cannot
    /// be read.
    pub async fn authorize(&self, headers: &HeaderMap) -> Result<AuthorizedApplication, ServiceError> {
        let id = headers::application_id(headers).ok_or_else(unauthorized)?;
        let key = headers::api_key(headers).ok_or_else(unauthorized)?;
        let given = digest(key.expose_secret());
        let accepted = self.0.find(id, |registered| digest(registered).ct_eq(&given).into()).await?;
        let accepted = accepted.ok_or_else(unauthorized)?;
        Ok(AuthorizedApplication { id: ApplicationId::new(accepted.id), key_number: accepted.number })
    }

    /// Reads the secret before the first request needs it.
    pub async fn warm(&self) {
        if let Err(error) = self.0.warm().await {
            tracing::warn!(error = error.log_message(), "failed to read the applications secret");
        }
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn unauthorized() -> ServiceError {
    ServiceError::new(
        ErrorCode::NotAuthorized,
        "The application id or API key is missing or wrong. Compare both with the application's registration page; the header X-CloudPlatform-APIKey is the base64 of the key.",
    )
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const ID: &str = "B1A7C0DE-0000-4000-8000-000000000001";

    async fn authorize(id: &str, key: &str) -> Result<AuthorizedApplication, ErrorCode> {
        let applications = Applications::from_keys([
            (Uuid::try_parse(ID).unwrap(), SecretString::from("key")),
            (Uuid::try_parse(ID).unwrap(), SecretString::from("old key")),
            (Uuid::from_u128(7), SecretString::from("")),
        ]);
        let mut headers = HeaderMap::new();
        headers.insert(headers::APPLICATION_ID, id.parse().unwrap());
        headers.insert(headers::API_KEY, key.parse().unwrap());
        applications.authorize(&headers).await.map_err(|error| error.code())
    }

    #[tokio::test]
    async fn only_a_registered_id_and_key_are_authorized() {
        let key = STANDARD.encode("key");
        let authorized =
            |key_number| Ok(AuthorizedApplication { id: ApplicationId::new(ID.parse().unwrap()), key_number });
        assert_eq!(authorize(ID, &key).await, authorized(1));
        assert_eq!(authorize(ID, &STANDARD.encode("old key")).await, authorized(2));
        assert!(authorize("{b1a7c0de00004000800000000000000 1}", &key).await.is_err());
        assert!(authorize("{b1a7c0de000040008000000000000001}", &key).await.is_ok());
        let empty = Uuid::from_u128(7).to_string();
        for (id, key) in [
            (ID, "key"),
            (ID, &STANDARD.encode("other")),
            (ID, ""),
            ("", &key),
            (&empty, ""),
            (&Uuid::nil().to_string(), &key),
        ] {
            assert_eq!(authorize(id, key).await, Err(ErrorCode::NotAuthorized), "{id} {key}");
        }
    }
}
