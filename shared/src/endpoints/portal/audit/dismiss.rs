//! `POST portal/audit/dismiss`: dismisses findings, or shows them again.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, audit};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/audit/dismiss",
    method: Method::POST,
    contract: Contract::post::<audit::DismissFindings, audit::DismissedFindings>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&audit::dismiss(portal, &portal.body_with(&audit::DismissFindings::REQUIRED)?).await?)
}
