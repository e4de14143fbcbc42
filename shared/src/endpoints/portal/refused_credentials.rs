//! Credentials of the MSP that another system refuses. Background work does not reach the MSP, so the portal says it.

use jiff::Timestamp;
use serde::Serialize;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::PortalRequest;
use crate::store::Refusal;

const VENDOR_TOKENS_MESSAGE: &str = "Dropsuite rejects the tokens of your last sign-in. Backups are not monitored: no ticket is opened or closed, and no configuration is created.";
const VENDOR_TOKENS_ACTION: &str = "Sign in at portal/session/create with valid tokens. A new access token needs only that. Before a new reseller token is used, its accounts must be moved to it: ask your distributor, who has instructions for it.";
const KEYS_MESSAGE: &str = "ConnectWise rejects the site, the company or the keys of your settings. No addition, ticket or configuration is written.";
const KEYS_ACTION: &str = "Enter the correct site, company and keys at portal/settings/credentials, then save the settings at portal/settings/save.";

/// Credentials that another system has refused at least twice and has not accepted since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RefusedCredentials {
    /// The credentials.
    pub credentials: CredentialKind,
    /// Time of the first refusal.
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    pub since: Timestamp,
    /// The consequence, until they are accepted.
    pub message: String,
    /// The action of the MSP. The refusal ends without it when the credentials are accepted again.
    pub required_action: String,
}

/// Kind of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum CredentialKind {
    /// The tokens with which the MSP signed in.
    VendorTokens,
    /// The API keys of the settings.
    ConnectWiseKeys,
}

/// Returns the MSP's credentials that are refused. Empty if all are accepted.
pub async fn refused_credentials(portal: &PortalRequest<'_>) -> Result<Vec<RefusedCredentials>, ServiceError> {
    let store = &portal.call.app.store;
    let tokens = store.enrolled_msp(portal.msp).await?.and_then(|enrolled| enrolled.refusal);
    let keys = store.msp(portal.msp).await?.and_then(|settings| settings.refusal);
    let view = |refusal: Option<Refusal>, credentials, message: &str, required_action: &str| {
        refusal.filter(Refusal::is_confirmed).map(|refusal| RefusedCredentials {
            credentials,
            since: refusal.since,
            message: message.to_owned(),
            required_action: required_action.to_owned(),
        })
    };
    let tokens = view(tokens, CredentialKind::VendorTokens, VENDOR_TOKENS_MESSAGE, VENDOR_TOKENS_ACTION);
    let keys = view(keys, CredentialKind::ConnectWiseKeys, KEYS_MESSAGE, KEYS_ACTION);
    Ok(tokens.into_iter().chain(keys).collect())
}
