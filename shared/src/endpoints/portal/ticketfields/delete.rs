//! `POST portal/ticketfields/delete`: deletes the fields of a company's tickets, so that those of the settings apply.

use futures::FutureExt;
use http::Method;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::ticketfields::{self, DeleteTicketFields};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/ticketfields/delete",
    method: Method::POST,
    contract: Contract::post::<DeleteTicketFields, DeletedTicketFields>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Support, |portal| run(portal).boxed()),
};

/// An object without members.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DeletedTicketFields {}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    ticketfields::delete(portal, &portal.body_with(&DeleteTicketFields::REQUIRED)?).await?;
    EndpointResponse::json(&DeletedTicketFields {})
}
