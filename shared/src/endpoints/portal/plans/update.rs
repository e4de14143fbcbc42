//! `POST portal/plans/update`: changes the name, the price or the end of trials of a plan.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, plans};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/plans/update",
    method: Method::POST,
    contract: Contract::post::<plans::UpdatePlan, plans::Plan>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&plans::update(portal, portal.body_with(&plans::UpdatePlan::REQUIRED)?).await?)
}
