//! Portal sessions. An MSP signs in with the tokens of its partner account at the vendor, and then is its own owner. A person
//! of the MSP signs in at the MSP's identity provider, and has a role.
//!
//! The vendor verifies the tokens. They are then stored encrypted, like those of an order, and the session refers to
//! them. A session's own token is random, and only its fingerprint is stored, so that read access to the table does not
//! give access to a session.
//!
//! The role of a person is read with each request, so that a change of it applies at once. So are the credentials, which are
//! those of the MSP's last sign-in.
//!
//! A session ends when it was not used for [`SESSION_TTL`], at the latest after [`MAX_LIFETIME`], and when the MSP replaces
//! the reseller token that was in force when it began. That ends the sessions of people as well, so that nothing that began
//! with the old token goes on; a person who signs in again acts with the new one.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use crate::auth::partner_credentials::PartnerCredentialStore;
use crate::auth::random;
use crate::bss::Settings;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::msp::MspId;
use crate::domain::person::PersonAddress;
use crate::domain::role::Role;
use crate::store::{EnrolledMsp, PersonRecord, ResellerTokenRecord, SessionPerson, SessionRecord, SignInRecord, Store};

/// Time after which a session that is not used ends.
pub const SESSION_TTL: SignedDuration = SignedDuration::from_mins(30);

/// Time after which a session ends however often it is used.
pub const MAX_LIFETIME: SignedDuration = SignedDuration::from_hours(8);

/// A session is prolonged when less than this remains of it, so that its use writes at most once in the rest of
/// [`SESSION_TTL`].
const PROLONGED_BELOW: SignedDuration = SignedDuration::from_mins(15);

/// Who acts in a session of the MSP's tokens.
const PORTAL: &str = "portal";

/// A session that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSession {
    /// The MSP that signed in.
    pub msp: MspId,
    /// End of the session unless it is used.
    pub expires_at: Timestamp,
    /// End of the session however often it is used.
    pub ends_at: Timestamp,
    /// The person that signed in. `None` if the MSP signed in with its tokens.
    pub person: Option<PersonAddress>,
    /// The role, which decides about each request.
    pub role: Role,
    id: Fingerprint,
    credentials_id: Fingerprint,
}

impl ActiveSession {
    /// Returns `None` if the session has ended, or its times are no times.
    fn new(id: Fingerprint, record: SessionRecord, role: Role, now: Timestamp) -> Option<Self> {
        let SessionRecord { msp, credentials_id, expires_at, began_at, token: _, person } = record;
        let expires_at = Timestamp::from_second(expires_at).ok()?;
        let began_at = match began_at {
            Some(began_at) => Timestamp::from_second(began_at).ok()?,
            None => expires_at.checked_sub(SESSION_TTL).ok()?,
        };
        let ends_at = began_at.checked_add(MAX_LIFETIME).ok()?;
        let person = person.map(|person| person.address);
        let is_open = expires_at.min(ends_at) > now;
        is_open.then_some(Self { msp, expires_at, ends_at, person, role, id, credentials_id })
    }

    /// Refuses what the role does not allow.
    ///
    /// # Errors
    /// [`ErrorCode::RoleTooLow`], which names the roles that do.
    pub fn require(&self, least: Role) -> Result<(), ServiceError> {
        if self.role.includes(least) {
            return Ok(());
        }
        let able: Vec<_> = Role::ALL.into_iter().filter(|role| role.includes(least)).map(Role::name).collect();
        let text = format!(
            "Your role is {}, and this needs {}. Ask an owner to do it, or to change your role at portal/people/save.",
            self.role,
            able.join(" or ")
        );
        Err(ServiceError::new(ErrorCode::RoleTooLow, text))
    }

    /// Returns who acts, for the history: the person's address, or `portal` if the MSP signed in with its tokens.
    pub fn by(&self) -> &str {
        self.person.as_ref().map_or(PORTAL, PersonAddress::as_str)
    }

    /// Returns the end that a use at `now` gives the session; `None` if it stays as it is.
    fn prolonged(&self, now: Timestamp) -> Option<Timestamp> {
        if self.expires_at.duration_since(now) >= PROLONGED_BELOW {
            return None;
        }
        let end = now.checked_add(SESSION_TTL).ok()?.min(self.ends_at);
        (end > self.expires_at).then_some(end)
    }
}

/// Returns the MSP of a reseller token that the vendor has proved. `token` is the token's id.
///
/// # Errors
/// [`ErrorCode::CredentialsRefused`] if the MSP has replaced the token; [`ErrorCode::StoreUnavailable`].
pub async fn msp_of(store: &Store, token: MspId) -> Result<MspId, ServiceError> {
    match store.reseller_token(token).await? {
        None => Ok(token),
        Some(known) if known.replaced_by.is_none() => Ok(known.msp),
        Some(_) => Err(ServiceError::new(
            ErrorCode::CredentialsRefused,
            "The Reseller Token was replaced by another one. Sign in with the new one: Settings > API Settings in Dropsuite's portal.",
        )),
    }
}

/// Creates a session of `msp` with stored credentials, whose reseller token has the id `token`. Returns it and the session's own
/// token.
///
/// # Errors
/// [`ErrorCode::StoreUnavailable`].
pub async fn begin(
    store: &Store,
    msp: MspId,
    token: MspId,
    credentials_id: Fingerprint,
    now: Timestamp,
) -> Result<(SecretString, ActiveSession), ServiceError> {
    let token = (token != msp).then_some(token);
    let signed_in = EnrolledMsp { msp, credentials_id, refusal: None, token };
    store.enroll(&signed_in).await?;
    create(store, signed_in, None, now).await
}

/// Creates a session of a person who has ended a sign-in, with the reseller token in force. Returns it and the session's own token.
///
/// # Errors
/// [`ErrorCode::SessionInvalid`] if the MSP never signed in; [`ErrorCode::StoreUnavailable`].
pub async fn begin_for(
    store: &Store,
    sign_in: &SignInRecord,
    person: &PersonRecord,
    now: Timestamp,
) -> Result<(SecretString, ActiveSession), ServiceError> {
    let enrolled = store.enrolled_msp(sign_in.msp).await?.ok_or_else(unauthorized)?;
    let signed_in = SessionPerson {
        address: person.address.clone(),
        added_at: person.added_at,
        provider_updated_at: sign_in.provider_updated_at,
    };
    create(store, enrolled, Some((signed_in, person.role)), now).await
}

async fn create(
    store: &Store,
    signed_in: EnrolledMsp,
    person: Option<(SessionPerson, Role)>,
    now: Timestamp,
) -> Result<(SecretString, ActiveSession), ServiceError> {
    let secret: SecretString = random::secret().into();
    let id = token_hash(&secret);
    let (person, role) = person.map_or((None, Role::Owner), |(person, role)| (Some(person), role));
    let record = SessionRecord {
        msp: signed_in.msp,
        credentials_id: signed_in.credentials_id,
        expires_at: now.saturating_add(SESSION_TTL).map_err(ServiceError::internal)?.as_second(),
        began_at: Some(now.as_second()),
        token: signed_in.token,
        person,
    };
    store.save_session(&id, &record).await?;
    let session = ActiveSession::new(id, record, role, now);
    Ok((secret, session.ok_or_else(|| ServiceError::internal("a session that ended when it began"))?))
}

/// Returns the session with this token, and the settings with which the MSP signed in. Prolongs the session if it is about
/// to end. A session ends when the reseller token that was in force at its sign-in is replaced.
///
/// # Errors
/// [`ErrorCode::SessionInvalid`].
pub async fn authenticate(
    store: &Store,
    partners: &PartnerCredentialStore,
    now: Timestamp,
    token: &SecretString,
) -> Result<(ActiveSession, Settings), ServiceError> {
    let id = token_hash(token);
    let mut record = store.session(&id).await?.ok_or_else(unauthorized)?;
    let token = record.token.unwrap_or(record.msp);
    let role = match &record.person {
        None => Role::Owner,
        Some(signed_in) => {
            let (person, enrolled) = Box::pin(person_of(store, record.msp, signed_in)).await?;
            record.credentials_id = enrolled.credentials_id;
            person.role
        }
    };
    let mut session = ActiveSession::new(id, record, role, now).ok_or_else(unauthorized)?;
    let (settings, known) = futures::join!(
        partners.load(store, session.msp.as_application_id(), &session.credentials_id),
        store.reseller_token(token),
    );
    if !ResellerTokenRecord::is_in_force(known?.as_ref(), token, session.msp) {
        return Err(unauthorized());
    }
    let settings = settings?;
    if let Some(end) = session.prolonged(now) {
        let (before, began_at) = (session.expires_at.as_second(), session.ends_at.as_second() - MAX_LIFETIME.as_secs());
        match store.prolong_session(&session.id, before, end.as_second(), began_at).await {
            Ok(true) => session.expires_at = end,
            // Another request prolonged or ended it.
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "failed to prolong a session; its end stays as it is"),
        }
    }
    Ok((session, settings))
}

/// Returns the person of a session, and the MSP's last sign-in, whose credentials the person uses. One that was removed has no
/// session, also if it was added again, nor has one who signed in at another identity provider than the one in force.
async fn person_of(
    store: &Store,
    msp: MspId,
    signed_in: &SessionPerson,
) -> Result<(PersonRecord, EnrolledMsp), ServiceError> {
    let (person, identity, enrolled) =
        futures::try_join!(store.person(msp, &signed_in.address), store.identity(msp), store.enrolled_msp(msp))?;
    let is_in_force = identity.is_some_and(|identity| identity.updated_at == signed_in.provider_updated_at);
    let person = person.filter(|person| is_in_force && person.added_at == signed_in.added_at);
    person.zip(enrolled).ok_or_else(unauthorized)
}

/// Ends a session.
///
/// # Errors
/// [`ErrorCode::StoreUnavailable`].
pub async fn end(store: &Store, session: &ActiveSession) -> Result<(), ServiceError> {
    Ok(store.delete_session(&session.id).await?)
}

fn token_hash(token: &SecretString) -> Fingerprint {
    Fingerprint::hash(&token.expose_secret())
}

/// Returns the error of a request without a session.
pub(super) fn unauthorized() -> ServiceError {
    ServiceError::new(
        ErrorCode::SessionInvalid,
        "The session does not exist or has ended. Sign in at portal/session/create, then send its token in the header Authorization: Bearer TOKEN.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: i64 = 1_000_000;

    fn session(expires_after: i64, began_at: Option<i64>, now: i64) -> Option<ActiveSession> {
        let msp = "0f8fad5b-d9cb-469f-a165-70867728950e".parse().unwrap();
        let id = Fingerprint::hash(&"");
        let expires_at = BEGAN + expires_after;
        let record = SessionRecord { msp, credentials_id: id.clone(), expires_at, began_at, token: None, person: None };
        ActiveSession::new(id, record, Role::Owner, at(now))
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(BEGAN + seconds).unwrap()
    }

    #[test]
    fn a_use_in_the_second_half_prolongs_a_session_up_to_eight_hours() {
        let (minute, hour) = (60, 3600);
        let prolonged = |expires: i64, now: i64| {
            let end = session(expires, Some(BEGAN), now).unwrap().prolonged(at(now));
            end.map(|end| end.as_second() - BEGAN)
        };
        assert_eq!(prolonged(30 * minute, 0), None);
        assert_eq!(prolonged(30 * minute, 15 * minute), None);
        assert_eq!(prolonged(30 * minute, 15 * minute + 1), Some(45 * minute + 1));
        assert_eq!(prolonged(30 * minute, 30 * minute - 1), Some(60 * minute - 1));
        assert_eq!(prolonged(8 * hour - minute, 8 * hour - 10 * minute), Some(8 * hour));
        assert_eq!(prolonged(8 * hour, 8 * hour - minute), None);
    }

    #[test]
    fn a_session_ends_unused_and_after_eight_hours() {
        assert!(session(1800, Some(BEGAN), 1799).is_some());
        assert_eq!(session(1800, Some(BEGAN), 1800), None);
        assert_eq!(session(9 * 3600, Some(BEGAN), 8 * 3600), None);
        assert_eq!(session(i64::MAX - BEGAN, Some(BEGAN), 0), None);
    }

    #[test]
    fn a_refusal_names_the_roles_that_may() {
        let owner = session(1800, Some(BEGAN), 0).unwrap();
        assert!(owner.require(Role::Owner).is_ok() && owner.by() == "portal");
        let reader = ActiveSession { role: Role::ReadOnly, ..owner };
        assert!(reader.require(Role::ReadOnly).is_ok());
        let refused = reader.require(Role::Support).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::RoleTooLow);
        assert!(refused.message().contains("is readOnly, and this needs owner or support."), "{}", refused.message());
    }

    #[test]
    fn a_session_of_an_earlier_release_began_half_an_hour_before_its_end() {
        let earlier = session(1800, None, 1700).unwrap();
        assert_eq!(earlier.ends_at, at(8 * 3600));
        assert_eq!(earlier.prolonged(at(1700)), Some(at(3500)));
    }
}
