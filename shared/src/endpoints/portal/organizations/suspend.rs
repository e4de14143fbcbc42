//! `POST portal/organizations/suspend`: suspends a company's subscription. Log-ins are disabled; billing continues.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::order::OrderKind;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, organizations};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/suspend",
    method: Method::POST,
    contract: Contract::post::<organizations::OrganizationRef, organizations::OrganizationView>(),
    // Orders like the BSS, without one of its applications.
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&Box::pin(organizations::set_state(portal, OrderKind::Suspend)).await?)
}
