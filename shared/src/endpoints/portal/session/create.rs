//! `POST portal/session/create`: an MSP signs in with its partner's tokens and is given a session.

use futures::FutureExt;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::app::request::AnonymousRequest;
use crate::auth::session;
use crate::bss::Settings;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::endpoints::portal;
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/session/create", method: Method::POST, access: Access::Anonymous(|visit| run(visit).boxed()) };

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

async fn run(visit: &AnonymousRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let credentials: Credentials = portal::body(visit.body)?;
    let app = visit.app;
    let settings = credentials.settings();
    let msp = app.vendor.msp(&visit.session(&settings)).await?;
    let partner = app.partners.remember(&app.store, msp.as_application_id(), &settings).await;
    let partner = partner
        .ok_or_else(|| ServiceError::new(ErrorCode::StoreUnavailable, "The session could not be kept. Try again in a minute."))?;
    let (token, ends) = session::begin(&app.store, msp, partner, app.clock.now()).await?;
    EndpointResponse::json(&json!({ "token": token.expose_secret(), "expiresAt": ends }))
}
