//! `POST portal/people/delete`: removes a person, whose sessions end.

use futures::FutureExt;
use http::Method;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, people};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/people/delete",
    method: Method::POST,
    contract: Contract::post::<people::DeletePerson, DeletedPerson>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Owner, |portal| run(portal).boxed()),
};

/// An object without members.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeletedPerson {}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    people::delete(portal, &portal.body_with(&people::DeletePerson::REQUIRED)?).await?;
    EndpointResponse::json(&DeletedPerson {})
}
