//! `POST portal/usagekey/create`: makes a key that reads the usage, in place of the one before.

use futures::FutureExt;
use http::Method;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::app::grant::Grant;
use crate::auth::usage_key;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/usagekey/create",
    method: Method::POST,
    contract: Contract::post_or_empty::<CreateKey, CreatedKey>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Owner, |portal| run(portal).boxed()),
};

/// Body of `portal/usagekey/create`. It has no members.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateKey {}

/// Response of `portal/usagekey/create`. The key is shown here only.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedKey {
    key: String,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    created_at: Timestamp,
}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let CreateKey {} = portal.body_or_empty()?;
    let (key, record) = usage_key::create(&portal.call.app.store, portal.entry("usage key"), portal.now()).await?;
    EndpointResponse::json(&CreatedKey { key: key.expose_secret().to_owned(), created_at: record.created_at })
}
