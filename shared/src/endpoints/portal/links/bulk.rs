//! `POST portal/links/bulk`: makes many links at once.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::links::{self, BulkLinks};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/links/bulk",
    method: Method::POST,
    contract: Contract::post::<BulkLinks, links::BulkResults>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&Box::pin(links::link_many(portal, &portal.body_with(&BulkLinks::REQUIRED)?)).await?)
}
