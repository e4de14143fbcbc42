//! `POST portal/organizations/update`: changes the plan, seats or price of a company's subscription.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, organizations};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/update",
    method: Method::POST,
    contract: Contract::post::<organizations::UpdateOrganization, organizations::OrganizationView>(),
    // Orders like the BSS, without one of its applications.
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let change = portal.body_with(&organizations::UpdateOrganization::REQUIRED)?;
    EndpointResponse::json(&Box::pin(organizations::update(portal, &change)).await?)
}
