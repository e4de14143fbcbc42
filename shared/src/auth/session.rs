//! Signing in: an MSP shows the tokens of its partner account at the vendor, and is given a session for a while.
//!
//! The vendor is asked whether the tokens are good; they are then kept sealed, like those that come with a sale, and the
//! session leads to them. A session's token is random and is kept as its fingerprint only: whoever reads the table can't
//! come in with it.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::auth::partner_credentials::Partners;
use crate::bss::Settings;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::store::{EnrolledMsp, SessionRecord, Store};

/// How long a session lasts.
pub const LASTS: SignedDuration = SignedDuration::from_mins(30);

/// Begins a session of `msp` with stored credentials: its token, and when it ends.
///
/// # Errors
/// [`Code::StoreUnavailable`].
pub async fn begin(
    store: &Store,
    msp: MspId,
    partner: Fingerprint,
    now: Timestamp,
) -> Result<(SecretString, Timestamp), ServiceError> {
    let token: SecretString = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).into();
    let ends = now.saturating_add(LASTS).map_err(ServiceError::internal)?;
    store.enroll(&EnrolledMsp { msp, credentials_id: partner.clone() }).await?;
    store.save_session(&known_by(&token), &SessionRecord { msp, credentials_id: partner, expires_at: ends.as_second() }).await?;
    Ok((token, ends))
}

/// Whose session the value of the `Authorization` header is, with the settings that the MSP signed in with.
///
/// # Errors
/// [`Code::SessionInvalid`].
pub async fn open(
    store: &Store,
    partners: &Partners,
    now: Timestamp,
    authorization: Option<&str>,
) -> Result<(MspId, Settings), ServiceError> {
    let token = authorization.and_then(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim()))
    });
    let token = token.ok_or_else(refused)?;
    let session = store.session(&known_by(&token)).await?.ok_or_else(refused)?;
    if session.expires_at <= now.as_second() {
        return Err(refused());
    }
    let settings = partners.recall(store, session.msp.as_application_id(), &session.credentials_id).await?;
    Ok((session.msp, settings))
}

fn known_by(token: &SecretString) -> Fingerprint {
    Fingerprint::hash(&token.expose_secret())
}

fn refused() -> ServiceError {
    ServiceError::new(
        ErrorCode::SessionInvalid,
        "There is no such session, or it has ended. Sign in at portal/session/create and send its token as Authorization: Bearer TOKEN.",
    )
}
