//! `POST portal/session/callback`: ends the sign-in of a person at the MSP's identity provider with a session.

use futures::FutureExt;
use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::app::App;
use crate::app::grant::Grant;
use crate::app::request::AnonymousRequest;
use crate::auth::identity::{ClientSecret, IdentityError, SignInAttempt};
use crate::auth::{session, sign_in_limit};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::domain::person::PersonAddress;
use crate::endpoints::portal::session::SessionState;
use crate::endpoints::portal::session::create::Session;
use crate::endpoints::portal::{self, RequiredMember};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};
use crate::store::{PersonRecord, SignInRecord, Subject};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/session/callback",
    method: Method::POST,
    contract: Contract::post::<SignInCallback, Session>(),
    // A sign-in is deleted, so that it is used once. A counted start is taken back (Update).
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::Anonymous(|request| run(request).boxed()),
};

/// Body of `portal/session/callback`: what the provider sent the person back with.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignInCallback {
    /// The code.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "password")))]
    pub code: SecretString,
    /// The state.
    pub state: String,
    /// The MSP: the id at the end of the address to which the provider sent the person back.
    pub msp: String,
    /// The issuer, if the provider sent it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>"))]
    pub iss: Option<String>,
    /// Secret of the sign-in, of `portal/session/start`. A page has a cookie instead.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "password")))]
    pub sign_in: Option<SecretString>,
}

impl SignInCallback {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 3] = [
        ("code", "It is required: the code that the identity provider sent you back with."),
        ("state", "It is required: the state that the identity provider sent you back with."),
        ("msp", "It is required: the id at the end of the address that the identity provider sent you back to."),
    ];
}

async fn run(request: &AnonymousRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let body: SignInCallback = portal::body_with(request.body, &SignInCallback::REQUIRED)?;
    let app = request.app;
    let secret = request.sign_in_secret.clone().or_else(|| body.sign_in.clone()).ok_or_else(unknown)?;
    let attempt = SignInAttempt::with_secret(secret);
    // The state is made of the secret: a browser that did not begin the sign-in cannot end it.
    let record = match app.store.sign_in(&body.state).await? {
        Some(record) if attempt.state() == body.state && record.expires_at > app.clock.now().as_second() => record,
        Some(_) | None => return Err(unknown()),
    };
    request.ids.record(|ids| ids.msp = Some(record.msp));
    if !app.store.use_sign_in(&body.state).await? {
        return Err(unknown());
    }
    // A provider that sends a person on to another one's sign-in would get its code: the answer to each has its own address.
    if body.msp.parse::<MspId>().ok() != Some(record.msp) {
        return Err(IdentityError::OtherProvider.into());
    }
    let (address, subject) = signed_in(request, &record, &body, &attempt).await?;
    let person = app.store.person(record.msp, &address).await?.ok_or_else(|| {
        let text =
            "Your address is not one of the people of your company's portal. Ask your owner to add it at People.";
        ServiceError::new(ErrorCode::SignInRefused, text)
    })?;
    let person = with_subject(app, record.msp, person, subject).await?;
    let (token, session) = session::begin_for(&app.store, &record, &person, app.clock.now()).await?;
    sign_in_limit::discount_start(&app.store, record.began_at, request.source).await;
    Session::response(SessionState::of(app, &session).await?, &token, request.is_own_page)
}

/// Returns the verified address of the person that signed in, and the person's id at the provider.
async fn signed_in(
    request: &AnonymousRequest<'_>,
    record: &SignInRecord,
    SignInCallback { code, iss, .. }: &SignInCallback,
    attempt: &SignInAttempt,
) -> Result<(PersonAddress, Subject), ServiceError> {
    let app: &App = request.app;
    // One that was changed after the sign-in began is another provider.
    let identity = app.store.identity(record.msp).await?;
    let identity = identity.filter(|identity| identity.updated_at == record.provider_updated_at);
    let identity = identity.ok_or_else(unknown)?;
    let secret = app.sealer.open(&record.msp.to_string(), &identity.sealed).await.map_err(ServiceError::internal)?;
    let secret = ClientSecret::new(secret.into());
    let (deadline, log) = (request.deadline, &request.outbound_calls);
    let provider = app.identity_providers.discover(&identity.issuer, &identity.client_id, deadline, log).await?;
    provider.check_answer(iss.as_deref())?;
    let redirect: Url = record.redirect_url.parse().map_err(ServiceError::internal)?;
    let times = (record.began_at, app.clock.now());
    let person = provider.person(code, &redirect, attempt, &secret, times, (deadline, log)).await?;
    let subject = Subject { issuer: identity.issuer, client_id: identity.client_id, id: person.subject };
    Ok((person.address, subject))
}

/// Returns the person with its id at the provider, which the first sign-in there stores. Another id is another person, whom the
/// provider gave the address since.
async fn with_subject(
    app: &App,
    msp: MspId,
    person: PersonRecord,
    subject: Subject,
) -> Result<PersonRecord, ServiceError> {
    match &person.subject {
        Some(known) if *known == subject => return Ok(person),
        Some(known) if known.is_comparable(&subject) => {
            let text = "Your account at the identity provider is not the one that signed in with this address before. Ask your owner to remove the address at People and to add it again.";
            return Err(ServiceError::new(ErrorCode::SignInRefused, text));
        }
        Some(_) | None => {}
    }
    let after = PersonRecord { subject: Some(subject), ..person.clone() };
    let written = app.store.replace_person(msp, &person.address, Some(&person), Some(&after), None).await?;
    portal::ensure_written(written)?;
    Ok(after)
}

/// Returns the error of a sign-in that is used, too old, or another browser's.
fn unknown() -> ServiceError {
    ServiceError::new(
        ErrorCode::SignInRefused,
        "This sign-in is used already, took longer than 10 minutes, or was begun in another browser. Sign in again.",
    )
}
