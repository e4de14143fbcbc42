//! `GET portal/ticketfields/list`: lists the companies whose tickets have fields of their own.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, paging, ticketfields};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/ticketfields/list",
    method: Method::GET,
    contract: Contract::get::<ticketfields::Page>().with_query(paging::QUERY),
    grants: &[Grant::Get, Grant::Update, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&ticketfields::list(portal).await?)
}
