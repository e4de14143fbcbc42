//! `GET portal/people/list`: lists the people who may sign in.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, paging, people};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/people/list",
    method: Method::GET,
    contract: Contract::get::<people::Page>().with_query(paging::QUERY),
    grants: &[Grant::Get, Grant::Update, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&people::list(portal).await?)
}
