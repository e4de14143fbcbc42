//! `POST portal/organizations/create`: sells a plan to a company.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::organizations::{self, CreateOrganization};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/create",
    method: Method::POST,
    contract: Contract::post::<CreateOrganization, organizations::OrganizationView>(),
    // Orders like the BSS, without one of its applications.
    grants: &[Grant::Get, Grant::Query, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(
        &Box::pin(organizations::create(portal, portal.body_with(&CreateOrganization::REQUIRED)?)).await?,
    )
}
