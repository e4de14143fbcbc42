//! `POST portal/organizations/impersonate`: returns a link that signs in once as an organization's owner.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, organizations};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/impersonate",
    method: Method::POST,
    contract: Contract::post::<organizations::CustomerRef, organizations::SignInLink>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Support, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(
        &organizations::impersonate(portal, &portal.body_with(&organizations::CustomerRef::REQUIRED)?).await?,
    )
}
