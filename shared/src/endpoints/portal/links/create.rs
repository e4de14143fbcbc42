//! `POST portal/links/create`: links an account of the BSS with a company and an agreement.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::links::{self, CreateLink};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/links/create",
    method: Method::POST,
    contract: Contract::post::<CreateLink, links::Link>(),
    grants: &[Grant::Get, Grant::Query, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&links::create(portal, &portal.body_with(&CreateLink::REQUIRED)?).await?)
}
