//! The key with which another program reads an MSP's usage. It gives access to nothing else.
//!
//! The key is random and shown once. Only its fingerprint is stored. It reads the vendor with the credentials of the MSP's last
//! sign-in.

use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::auth::partner_credentials::PartnerCredentialStore;
use crate::auth::random;
use crate::auth::session_carrier::bearer;
use crate::bss::Settings;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::store::{NewHistoryEntry, Store, UsageKeyRecord};

/// Beginning of a key, by which a person and a search for leaked secrets recognize it.
const PREFIX: &str = "usage_";

/// Makes a key of the MSP in place of the one that it has, with the history's `entry` about it. Returns it and its record.
///
/// # Errors
/// [`ErrorCode::InProgress`] if another request made one meanwhile, [`ErrorCode::StoreUnavailable`].
pub async fn create(
    store: &Store,
    entry: NewHistoryEntry,
    now: Timestamp,
) -> Result<(SecretString, UsageKeyRecord), ServiceError> {
    let msp = entry.msp;
    let key: SecretString = format!("{PREFIX}{}", random::secret()).into();
    let record = UsageKeyRecord { msp, fingerprint: fingerprint(&key), created_at: now };
    let before = store.usage_key(msp).await?;
    let made = |key: &UsageKeyRecord| format!("made {}", key.created_at);
    let entry = entry.with_values(before.as_ref().map(made), Some(made(&record)));
    if store.save_usage_key(&record, before.as_ref(), &entry).await? {
        return Ok((key, record));
    }
    Err(ServiceError::new(ErrorCode::InProgress, "Another request made or revoked a key meanwhile. Try again."))
}

/// Returns the MSP whose usage the request's key reads, and the settings with which the MSP signed in.
///
/// # Errors
/// [`ErrorCode::SessionInvalid`] without a key that is in force.
pub async fn authenticate(
    store: &Store,
    partners: &PartnerCredentialStore,
    headers: &HeaderMap,
) -> Result<(MspId, Settings), ServiceError> {
    let key = key_of(headers).ok_or_else(unauthorized)?;
    let record = store.usage_key_with(&fingerprint(&key)).await?.ok_or_else(unauthorized)?;
    // The item of a key that was replaced may be back after a restore.
    if store.usage_key(record.msp).await?.as_ref() != Some(&record) {
        return Err(unauthorized());
    }
    let enrolled = store.enrolled_msp(record.msp).await?.ok_or_else(unauthorized)?;
    let settings = partners.load(store, record.msp.as_application_id(), &enrolled.credentials_id).await?;
    Ok((record.msp, settings))
}

fn key_of(headers: &HeaderMap) -> Option<SecretString> {
    bearer(headers).filter(|key| key.expose_secret().starts_with(PREFIX))
}

fn fingerprint(key: &SecretString) -> Fingerprint {
    Fingerprint::hash(&key.expose_secret())
}

fn unauthorized() -> ServiceError {
    ServiceError::new(
        ErrorCode::SessionInvalid,
        "The key does not exist or was revoked. Make one at portal/usagekey/create, then send it in the header Authorization: Bearer KEY.",
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::AUTHORIZATION;

    use super::*;

    #[test]
    fn only_a_bearer_with_the_prefix_is_a_key() {
        let of = |value: &'static str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(value))]);
            key_of(&headers).map(|key| key.expose_secret().to_owned())
        };
        assert_eq!(of("bearer usage_1").as_deref(), Some("usage_1"));
        for other in ["usage_1", "Basic usage_1", "Bearer 1", "Bearer"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
