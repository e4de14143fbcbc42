//! The identity provider of an MSP, at which its people sign in.
//!
//! This file has the logic of `portal/identity/…`: the read, the write, which asks the provider, and the deletion. The sign-in
//! itself is in `portal/session/…`.

pub mod delete;
pub mod get;
pub mod save;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::auth::identity::IdentityError;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, ensure_written};
use crate::store::{IdentityRecord, NewHistoryEntry};

/// Longest value of a member, in characters.
const MAX_LENGTH: usize = 500;

/// Name of the provider in the history.
const OBJECT: &str = "identity provider";

/// First part of the last part of a redirect URI, before the MSP's id. `portal/sign-in.js` has it too.
const REDIRECT: &str = "signed-in-";

const ISSUER: &str = "issuer";
const CLIENT_ID: &str = "clientId";
const CLIENT_SECRET: &str = "clientSecret";

/// Body of `portal/identity/save`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveIdentity {
    /// The issuer, exactly as the provider's description has it.
    pub issuer: String,
    /// The id of the portal at the provider.
    pub client_id: String,
    /// The secret of the portal at the provider.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "password")))]
    pub client_secret: SecretString,
}

impl SaveIdentity {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 3] = [
        (ISSUER, "It is required: the issuer of your identity provider, such as https://msp.okta.com."),
        (CLIENT_ID, "It is required: the client id that the identity provider gave the portal."),
        (CLIENT_SECRET, "It is required: the client secret that the identity provider gave the portal."),
    ];
}

/// Body of `portal/identity/delete`. It has no members.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteIdentity {}

/// The identity provider of the MSP, without the secret, and the addresses that the MSP needs to connect one.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "IdentityProvider"))]
#[serde(rename_all = "camelCase")]
pub struct IdentityView {
    #[serde(flatten)]
    provider: Option<ProviderView>,
    /// Address to which the provider sends a person back; the redirect URI of the portal at the provider. Each MSP has another.
    redirect_url: String,
    /// Address at which the MSP's people sign in. It has no secret.
    sign_in_url: String,
}

/// The identity provider. The members are absent if there is none.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct ProviderView {
    issuer: String,
    client_id: String,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    updated_at: Timestamp,
}

impl From<&IdentityRecord> for ProviderView {
    fn from(record: &IdentityRecord) -> Self {
        let IdentityRecord { issuer, client_id, updated_at, .. } = record.clone();
        Self { issuer, client_id, updated_at }
    }
}

/// Returns the redirect URI of an MSP. Each has its own, one level below the page: the address to which a person is sent back
/// tells whose provider answers (RFC 9700, section 4.4.2).
pub fn redirect_url(portal: &Url, msp: MspId) -> Url {
    let mut url = portal.clone();
    url.set_path(&format!("{}/{REDIRECT}{msp}", portal.path().trim_end_matches('/')));
    url
}

/// Returns `true` if the last part of an address is that of a redirect URI.
pub(super) fn is_redirect(part: &str) -> bool {
    part.strip_prefix(REDIRECT).is_some_and(|msp| msp.parse::<MspId>().is_ok())
}

/// Returns the address at which the people of an MSP sign in.
fn sign_in_url(portal: &Url, msp: MspId) -> String {
    format!("{portal}#/sign-in/{msp}")
}

fn view(portal: &PortalRequest<'_>, record: Option<&IdentityRecord>) -> Result<IdentityView, ServiceError> {
    let url = portal.portal_url()?;
    Ok(IdentityView {
        provider: record.map(ProviderView::from),
        sign_in_url: sign_in_url(&url, portal.msp),
        redirect_url: redirect_url(&url, portal.msp).into(),
    })
}

/// Returns the identity provider of the MSP.
///
/// # Errors
/// The table did not answer.
pub async fn get(portal: &PortalRequest<'_>) -> Result<IdentityView, ServiceError> {
    let record = portal.call.app.store.identity(portal.msp).await?;
    view(portal, record.as_ref())
}

/// Reads the provider's documents and writes it in place of the one before. The sessions of people end, unless it is the same.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid members, and for a provider
/// that is not allowed or does not answer as one.
pub async fn save(portal: &PortalRequest<'_>, request: &SaveIdentity) -> Result<IdentityView, ServiceError> {
    let (app, msp, tenant) = (portal.call.app, portal.msp, portal.msp.to_string());
    let (issuer, client_id) = (request.issuer.trim(), request.client_id.trim());
    check(issuer, client_id, &request.client_secret)?;
    let (deadline, log) = (portal.call.deadline, &portal.call.outbound_calls);
    app.identity_providers.discover(issuer, client_id, deadline, log).await.map_err(of_issuer)?;
    let before = app.store.identity(msp).await?;
    let is_same_secret = match &before {
        Some(before) => {
            let secret = app.sealer.open(&tenant, &before.sealed).await.map_err(ServiceError::internal)?;
            secret == request.client_secret.expose_secret()
        }
        None => false,
    };
    if let Some(before) = before.as_ref().filter(|before| is_same_secret && is_same(before, issuer, client_id)) {
        return view(portal, Some(before));
    }
    let sealed =
        app.sealer.seal(&tenant, request.client_secret.expose_secret()).await.map_err(ServiceError::internal)?;
    let after =
        IdentityRecord { issuer: issuer.to_owned(), client_id: client_id.to_owned(), sealed, updated_at: portal.now() };
    let entry = entry_of(portal, before.as_ref(), &after, is_same_secret);
    ensure_written(app.store.replace_identity(msp, before.as_ref(), Some(&after), Some(&entry)).await?)?;
    view(portal, Some(&after))
}

/// Deletes the identity provider: the sessions of people end. Idempotent.
///
/// # Errors
/// The table did not answer.
pub async fn delete(portal: &PortalRequest<'_>) -> Result<(), ServiceError> {
    let store = &portal.call.app.store;
    let Some(before) = store.identity(portal.msp).await? else { return Ok(()) };
    let entry = portal.change(OBJECT, Some(&ProviderView::from(&before)), None);
    ensure_written(store.replace_identity(portal.msp, Some(&before), None, entry.as_ref()).await?)
}

fn is_same(before: &IdentityRecord, issuer: &str, client_id: &str) -> bool {
    (before.issuer.as_str(), before.client_id.as_str()) == (issuer, client_id)
}

/// Returns the history's entry of a saved provider, which tells that there is another secret, and no secret.
fn entry_of(
    portal: &PortalRequest<'_>,
    before: Option<&IdentityRecord>,
    after: &IdentityRecord,
    is_same_secret: bool,
) -> NewHistoryEntry {
    let change = portal.change(OBJECT, before.map(ProviderView::from).as_ref(), Some(&ProviderView::from(after)));
    let entry = change.unwrap_or_else(|| portal.entry(OBJECT));
    if before.is_none() || is_same_secret { entry } else { entry.with_reason("The client secret was entered again.") }
}

fn check(issuer: &str, client_id: &str, secret: &SecretString) -> Result<(), ServiceError> {
    let mut errors = FieldErrors::new();
    let secret = secret.expose_secret();
    for (field, text) in [(ISSUER, issuer), (CLIENT_ID, client_id), (CLIENT_SECRET, secret)] {
        let is_printable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_printable || text.len() > MAX_LENGTH {
            errors.add(field, format!("It must have 1 to {MAX_LENGTH} characters without spaces."));
        }
    }
    errors.into_result()
}

/// Returns the error of a provider whose documents could not be read, at the member that names it.
fn of_issuer(error: IdentityError) -> ServiceError {
    let text = match &error {
        IdentityError::NotAllowed { part, host } => format!(
            "The {part} is at {host}, which is not allowed. Enter the issuer by https and its name. If it is right, ask your distributor to allow this host."
        ),
        IdentityError::Unavailable { .. }
        | IdentityError::ClientRefused
        | IdentityError::CodeRefused
        | IdentityError::TokenInvalid { .. }
        | IdentityError::NotFresh
        | IdentityError::OtherProvider
        | IdentityError::AddressNotVerified => "No identity provider answers at this address, or its description names another issuer. Copy the issuer from the provider, with or without a slash at its end as it is written there.".to_owned(),
    };
    FieldErrors::single(ISSUER, text).with_internal(error)
}
