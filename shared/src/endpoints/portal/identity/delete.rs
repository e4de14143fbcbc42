//! `POST portal/identity/delete`: disconnects the identity provider. The sessions of people end.

use futures::FutureExt;
use http::Method;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, identity};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/identity/delete",
    method: Method::POST,
    contract: Contract::post_or_empty::<identity::DeleteIdentity, DeletedIdentity>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Owner, |portal| run(portal).boxed()),
};

/// An object without members.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeletedIdentity {}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let identity::DeleteIdentity {} = portal.body_or_empty()?;
    identity::delete(portal).await?;
    EndpointResponse::json(&DeletedIdentity {})
}
