//! `POST portal/snoozes/delete`: ends a snooze.

use futures::FutureExt;
use http::Method;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, snoozes};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/snoozes/delete",
    method: Method::POST,
    contract: Contract::post::<snoozes::DeleteSnooze, DeletedSnooze>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Support, |portal| run(portal).boxed()),
};

/// An object without members.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeletedSnooze {}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    snoozes::delete(portal, &portal.body()?).await?;
    EndpointResponse::json(&DeletedSnooze {})
}
