//! Signing in: an MSP shows the tokens of its partner account at the vendor, and is given a session for a while.
//!
//! The vendor is asked whether the tokens are good; they are then kept sealed, like those that come with a sale, and the
//! session leads to them. A session's token is random and is kept as its fingerprint only: whoever reads the table can't
//! come in with it.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use uuid::Uuid;

use crate::app::App;
use crate::bss::Settings;
use crate::call::Visit;
use crate::code::Code;
use crate::failure::Failure;
use crate::fingerprint::Fingerprint;
use crate::msp::MspId;
use crate::store::{Member, SessionRecord};

/// How long a session lasts.
pub const LASTS: SignedDuration = SignedDuration::from_mins(30);

/// What an MSP signs in with: its partner's settings, as the BSS has them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    /// `ResellerToken` of the settings.
    pub reseller_token: SecretString,
    /// `AccessToken` of the settings.
    pub access_token: SecretString,
    /// `ApiUrl` of the settings; by default the region's.
    #[serde(default)]
    pub api_url: Option<String>,
}

impl Credentials {
    fn settings(&self) -> Settings {
        let mut settings = vec![
            ("resellertoken".to_owned(), self.reseller_token.expose_secret().to_owned()),
            ("accesstoken".to_owned(), self.access_token.expose_secret().to_owned()),
        ];
        settings.extend(self.api_url.iter().map(|url| ("apiurl".to_owned(), url.clone())));
        settings.into_iter().collect()
    }
}

/// Begins a session: its token, and when it ends.
///
/// # Errors
/// [`Code::CredentialsRefused`] if the vendor refuses the tokens, [`Code::NotOffered`] if it has no MSPs.
pub async fn sign_in(visit: &Visit<'_>, credentials: &Credentials) -> Result<(SecretString, Timestamp), Failure> {
    let app = visit.app;
    let settings = credentials.settings();
    let msp = app.vendor.msp(&visit.session(&settings)).await?;
    let call = visit.call(msp.application(), settings);
    let partner = app.partners.remember(&call).await;
    let partner = partner
        .ok_or_else(|| Failure::new(Code::StoreUnavailable, "The session could not be kept. Try again in a minute."))?;
    let token: SecretString = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()).into();
    let ends = app.clock.now().saturating_add(LASTS).map_err(Failure::internal)?;
    let session = SessionRecord { msp, partner, expires_at: ends.as_second() };
    app.store.enroll(&Member { msp, partner: session.partner.clone() }).await?;
    app.store.save_session(&known_by(&token), &session).await?;
    Ok((token, ends))
}

/// Whose session the value of the `Authorization` header is, with the settings that the MSP signed in with.
///
/// # Errors
/// [`Code::SessionInvalid`].
pub async fn open(app: &App, authorization: Option<&str>) -> Result<(MspId, Settings), Failure> {
    let token = authorization.and_then(|value| {
        let (scheme, token) = value.trim().split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(token.trim()))
    });
    let token = token.ok_or_else(refused)?;
    let session = app.store.session(&known_by(&token)).await?.ok_or_else(refused)?;
    if session.expires_at <= app.clock.now().as_second() {
        return Err(refused());
    }
    let settings = app.partners.recall(&app.store, session.msp.application(), &session.partner).await?;
    Ok((session.msp, settings))
}

fn known_by(token: &SecretString) -> Fingerprint {
    Fingerprint::of(&token.expose_secret())
}

fn refused() -> Failure {
    Failure::new(
        Code::SessionInvalid,
        "There is no such session, or it has ended. Sign in at portal/session/create and send its token as Authorization: Bearer TOKEN.",
    )
}
