//! `GET portal/organizations/list`: lists the organizations that Dropsuite shows to the MSP.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, organizations};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/list",
    method: Method::GET,
    contract: Contract::get::<organizations::CustomerPage>().with_query(organizations::QUERY),
    grants: &[Grant::Get, Grant::Update, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&Box::pin(organizations::list(portal)).await?)
}
