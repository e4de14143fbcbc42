//! Portal sessions. An MSP signs in with the tokens of its partner account at the vendor.
//!
//! The vendor verifies the tokens. They are then stored encrypted, like those of an order, and the session refers to
//! them. A session's own token is random, and only its fingerprint is stored, so that read access to the table does not
//! give access to a session.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::auth::partner_credentials::PartnerCredentialStore;
use crate::bss::Settings;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::store::{EnrolledMsp, SessionRecord, Store};

/// Lifetime of a session.
pub const SESSION_TTL: SignedDuration = SignedDuration::from_mins(30);

/// Creates a session of `msp` with stored credentials. Returns its token and the time at which it ends.
///
/// # Errors
/// [`ErrorCode::StoreUnavailable`].
pub async fn begin(
    store: &Store,
    msp: MspId,
    credentials_id: Fingerprint,
    now: Timestamp,
) -> Result<(SecretString, Timestamp), ServiceError> {
    let token: SecretString = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).into();
    let expires_at = now.saturating_add(SESSION_TTL).map_err(ServiceError::internal)?;
    store.enroll(&EnrolledMsp { msp, credentials_id: credentials_id.clone(), refusal: None }).await?;
    store
        .save_session(&token_hash(&token), &SessionRecord { msp, credentials_id, expires_at: expires_at.as_second() })
        .await?;
    Ok((token, expires_at))
}

/// Returns the MSP of the session in the `Authorization` header, and the settings with which the MSP signed in.
///
/// # Errors
/// [`ErrorCode::SessionInvalid`].
pub async fn authenticate(
    store: &Store,
    partners: &PartnerCredentialStore,
    now: Timestamp,
    authorization: Option<&str>,
) -> Result<(MspId, Settings), ServiceError> {
    let token = authorization.and_then(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim()))
    });
    let token = token.ok_or_else(unauthorized)?;
    let session = store.session(&token_hash(&token)).await?.ok_or_else(unauthorized)?;
    if session.expires_at <= now.as_second() {
        return Err(unauthorized());
    }
    let settings = partners.load(store, session.msp.as_application_id(), &session.credentials_id).await?;
    Ok((session.msp, settings))
}

fn token_hash(token: &SecretString) -> Fingerprint {
    Fingerprint::hash(&token.expose_secret())
}

fn unauthorized() -> ServiceError {
    ServiceError::new(
        ErrorCode::SessionInvalid,
        "The session does not exist or has ended. Sign in at portal/session/create, then send its token in the header Authorization: Bearer TOKEN.",
    )
}
