//! Which installation calls: its application id and API key against those that were [`registered`](crate::auth::key_registry).

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::auth::key_registry::{KEPT, Keys, REREAD_EVERY, Registered};
use crate::bss::headers;
use crate::config::{self, ConfigError};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ApplicationId;

/// The installations that may call.
#[derive(Debug)]
pub struct Applications(Registered);

impl Applications {
    /// Those in the secret that `APPLICATIONS_SECRET_ID` names (its ARN or name).
    pub fn from_env(aws: &aws_config::SdkConfig) -> Result<Self, ConfigError> {
        Ok(Self(Registered::in_secret(aws, config::required("APPLICATIONS_SECRET_ID")?)))
    }

    /// Just these: for the local stack and for tests.
    pub fn fixed(keys: impl IntoIterator<Item = (Uuid, SecretString)>) -> Self {
        Self(Registered::fixed(keys))
    }

    /// The installation that the headers prove.
    ///
    /// # Errors
    /// [`Code::NotAuthorized`], whatever is wrong with them; [`Code::StoreUnavailable`] if that can't be told now.
    pub async fn authorize(&self, headers: &HeaderMap) -> Result<ApplicationId, ServiceError> {
        let id = headers::application_id(headers).ok_or_else(refused)?;
        let key = headers::api_key(headers).ok_or_else(refused)?;
        if proves(&*self.0.keys(KEPT).await?, id, &key) {
            return Ok(ApplicationId::new(id));
        }
        // Registered, or given another key, since the secret was read.
        if proves(&*self.0.keys(REREAD_EVERY).await?, id, &key) { Ok(ApplicationId::new(id)) } else { Err(refused()) }
    }

    /// Reads the secret before the first request asks for it.
    pub async fn warm(&self) {
        if let Err(failure) = self.0.keys(KEPT).await {
            tracing::warn!(error = failure.log_message(), "the applications could not be read");
        }
    }
}

/// Whether `key` is that of `id`. An unknown id is compared as well, with nothing, so that it takes as long as a wrong key.
fn proves(keys: &Keys, id: Uuid, key: &SecretString) -> bool {
    let registered = keys.get(&id);
    let expected = registered.map_or("", |key| key.expose_secret());
    let same = digest(expected).ct_eq(&digest(key.expose_secret()));
    registered.is_some() && bool::from(same)
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

fn refused() -> ServiceError {
    ServiceError::new(
        ErrorCode::NotAuthorized,
        "The application id or API key is missing or wrong. Compare both with the application's registration page.",
    )
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const ID: &str = "B1A7C0DE-0000-4000-8000-000000000001";

    async fn authorize(id: &str, key: &str) -> Result<ApplicationId, ErrorCode> {
        let registered = Applications::fixed([
            (Uuid::try_parse(ID).unwrap(), SecretString::from("key")),
            (Uuid::from_u128(7), SecretString::from("")),
        ]);
        let mut headers = HeaderMap::new();
        headers.insert(headers::APPLICATION_ID, id.parse().unwrap());
        headers.insert(headers::API_KEY, key.parse().unwrap());
        registered.authorize(&headers).await.map_err(|failure| failure.code())
    }

    #[tokio::test]
    async fn only_the_registered_pair_is_let_in() {
        let key = STANDARD.encode("key");
        assert!(authorize(ID, &key).await.is_ok());
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
