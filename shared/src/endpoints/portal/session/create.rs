//! `POST portal/session/create`: signs an MSP in with its Dropsuite tokens. A program gets a token, a page a cookie.

use futures::FutureExt;
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::app::grant::Grant;
use crate::app::request::AnonymousRequest;
use crate::auth::partner_credentials::PartnerCredentialStore;
use crate::auth::sign_in_limit::{self, SignInCaller};
use crate::auth::{session, session_carrier};
use crate::bss::Settings;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::endpoints::portal::session::SessionState;
use crate::endpoints::portal::{self, RequiredMember};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};
use crate::vendor::VendorContext;

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/session/create",
    method: Method::POST,
    contract: Contract::post::<Credentials, Session>(),
    // Counts tries (Update); stores the verified tokens of the sign-in encrypted.
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Encrypt],
    access: Access::Anonymous(|request| run(request).boxed()),
};

/// Body of `portal/session/create`: the MSP's Dropsuite tokens. They are the partner's settings in the BSS.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "SessionCredentials"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    /// Reseller token; the setting `ResellerToken`.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "password")))]
    pub reseller_token: SecretString,
    /// Access token; the setting `AccessToken`.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "password")))]
    pub access_token: SecretString,
    /// API URL; the setting `ApiUrl`. Default: the region's.
    #[serde(default)]
    pub api_url: Option<String>,
}

/// Response of `portal/session/create`.
//
// It has no `Debug`, because the token is a secret.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "NewSession"))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    #[serde(flatten)]
    state: SessionState,
    /// The token, for the header `Authorization: Bearer <token>`. Absent for a page, which gets a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "password")))]
    token: Option<String>,
}

impl Session {
    /// Returns the response with a new session: a page gets its token in a cookie.
    pub(super) fn response(
        state: SessionState,
        token: &SecretString,
        is_own_page: bool,
    ) -> Result<EndpointResponse, ServiceError> {
        if is_own_page {
            return Ok(EndpointResponse::json(&Self { state, token: None })?.with_cookie(session_carrier::give(token)?));
        }
        EndpointResponse::json(&Self { state, token: Some(token.expose_secret().to_owned()) })
    }
}

impl Credentials {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 2] = [
        ("resellerToken", "It is required: the reseller token of Dropsuite's portal, Settings > API Settings."),
        ("accessToken", "It is required: the authentication token of Dropsuite's portal, Settings > API Settings."),
    ];

    fn settings(&self) -> Settings {
        let mut settings = vec![
            ("resellertoken".to_owned(), self.reseller_token.expose_secret().to_owned()),
            ("accesstoken".to_owned(), self.access_token.expose_secret().to_owned()),
        ];
        settings.extend(self.api_url.iter().map(|url| ("apiurl".to_owned(), url.clone())));
        settings.into_iter().collect()
    }
}

async fn run(request: &AnonymousRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let credentials: Credentials = portal::body_with(request.body, &Credentials::REQUIRED)?;
    let app = request.app;
    let settings = credentials.settings();
    let context = request.vendor_context(&settings);
    let caller = SignInCaller {
        reseller_token: &credentials.reseller_token,
        source: request.source,
        is_known: is_known(app, &context).await?,
    };
    let proved = sign_in_limit::limited(&app.store, app.clock.now(), caller, app.vendor.msp(&context).boxed()).await?;
    request.ids.record_partner(&app.vendor, &context);
    let msp = session::msp_of(&app.store, proved).await?;
    let partner = app.partner_credentials.save(&app.store, msp.as_application_id(), &settings).await;
    let partner = partner.ok_or_else(|| {
        ServiceError::new(ErrorCode::StoreUnavailable, "The session could not be stored. Try again in a minute.")
    })?;
    let (token, session) = session::begin(&app.store, msp, proved, partner, app.clock.now()).await?;
    let state = SessionState::of(app, &session).await?;
    Session::response(state, &token, request.is_own_page)
}

/// Returns `true` if the tokens are those of the MSP's last sign-in, as the table has it.
async fn is_known(app: &App, context: &VendorContext<'_>) -> Result<bool, ServiceError> {
    let msp = app.store.msp_of_token(app.vendor.claimed_msp(context)?).await?;
    let enrolled = app.store.enrolled_msp(msp).await?;
    let credentials_id = PartnerCredentialStore::id(context.settings);
    Ok(enrolled.is_some_and(|enrolled| enrolled.credentials_id == credentials_id))
}
