//! `POST portal/session/delete`: signs the MSP out. The session ends, and a page's cookie is taken back.

use futures::FutureExt;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::app::grant::Grant;
use crate::auth::{session, session_carrier};
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/session/delete",
    method: Method::POST,
    contract: Contract::post_or_empty::<SignOut, SignedOut>(),
    grants: &[Grant::Get, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

/// Body of `portal/session/delete`. It has no members.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SignOut {}

/// Response of `portal/session/delete`. It has no members.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SignedOut {}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let SignOut {} = portal.body_or_empty()?;
    session::end(&portal.call.app.store, &portal.session).await?;
    Ok(EndpointResponse::json(&SignedOut {})?.with_cookie(session_carrier::take_back()?))
}
