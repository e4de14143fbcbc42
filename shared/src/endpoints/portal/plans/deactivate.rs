//! `POST portal/plans/deactivate`: takes a plan off sale.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, plans};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/plans/deactivate",
    method: Method::POST,
    contract: Contract::post::<plans::PlanRef, plans::Plan>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&plans::deactivate(portal, &portal.body_with(&plans::PlanRef::REQUIRED)?).await?)
}
