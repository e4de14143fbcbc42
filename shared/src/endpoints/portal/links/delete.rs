//! `POST portal/links/delete`: deletes a link. Additions in ConnectWise stay unchanged.

use futures::FutureExt;
use http::Method;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, links};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/links/delete",
    method: Method::POST,
    contract: Contract::post::<links::DeleteLink, DeletedLink>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

/// An object without members.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeletedLink {}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    links::delete(portal, &portal.body_with(&links::DeleteLink::REQUIRED)?).await?;
    EndpointResponse::json(&DeletedLink {})
}
