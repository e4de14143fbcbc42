//! `POST portal/plans/create`: offers a plan and creates its item in the product catalog.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::plans::{self, CreatePlan};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/plans/create",
    method: Method::POST,
    contract: Contract::post::<CreatePlan, plans::Plan>(),
    // Creates records in ConnectWise under the MSP's lock, which it releases (Delete).
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&Box::pin(plans::create(portal, portal.body_with(&CreatePlan::REQUIRED)?)).await?)
}
