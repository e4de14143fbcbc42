//! `POST portal/session/start`: begins the sign-in of a person at the MSP's identity provider.

use futures::FutureExt;
use http::Method;
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::app::grant::Grant;
use crate::app::request::AnonymousRequest;
use crate::auth::identity::SignInAttempt;
use crate::auth::{session_carrier, sign_in_limit};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::endpoints::portal::{self, FieldErrors, RequiredMember, identity};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};
use crate::store::SignInRecord;

/// Time in which a person signs in at the provider.
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/session/start",
    method: Method::POST,
    contract: Contract::post::<StartSignIn, StartedSignIn>(),
    // Counts tries (Update).
    grants: &[Grant::Get, Grant::Put, Grant::Update],
    access: Access::Anonymous(|request| run(request).boxed()),
};

/// Body of `portal/session/start`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StartSignIn {
    /// The MSP, as in the address that it gave its people.
    pub msp: String,
}

impl StartSignIn {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] =
        [("msp", "It is required: the id in the address that your owner gave you.")];
}

/// Response of `portal/session/start`.
//
// It has no `Debug`, because it may have a secret.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StartedSignIn {
    /// Address of the provider at which the person signs in.
    url: String,
    /// Secret of the sign-in, for `portal/session/callback`. Absent for a page, which gets a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "password")))]
    sign_in: Option<String>,
}

async fn run(request: &AnonymousRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let StartSignIn { msp } = portal::body_with(request.body, &StartSignIn::REQUIRED)?;
    let (app, now) = (request.app, request.app.clock.now());
    let msp: MspId = msp.trim().parse().map_err(|_| {
        FieldErrors::single("msp", "It is not the id of an MSP. Open the address that your owner gave you.")
    })?;
    request.ids.record(|ids| ids.msp = Some(msp));
    sign_in_limit::count_start(&app.store, now, request.source).await?;
    let provider = app.store.identity(msp).await?.ok_or_else(|| {
        let text = "Your company has not connected an identity provider. Ask your owner for the right address.";
        ServiceError::new(ErrorCode::SignInRefused, text)
    })?;
    let provider_updated_at = provider.updated_at;
    let redirect = identity::redirect_url(&portal::portal_address(app, request.host.as_deref())?, msp);
    let (deadline, log) = (request.deadline, &request.outbound_calls);
    let provider = app.identity_providers.discover(&provider.issuer, &provider.client_id, deadline, log).await?;
    let attempt = SignInAttempt::begin();
    let expires_at = now.saturating_add(LIFETIME).map_err(ServiceError::internal)?.as_second();
    let record =
        SignInRecord { msp, began_at: now, provider_updated_at, redirect_url: redirect.to_string(), expires_at };
    app.store.save_sign_in(&attempt.state(), &record).await?;
    let url = provider.sign_in_url(redirect, &attempt).to_string();
    if request.is_own_page {
        let cookie = session_carrier::give_sign_in(attempt.secret(), LIFETIME)?;
        return Ok(EndpointResponse::json(&StartedSignIn { url, sign_in: None })?.with_cookie(cookie));
    }
    let sign_in = Some(attempt.secret().expose_secret().to_owned());
    EndpointResponse::json(&StartedSignIn { url, sign_in })
}
