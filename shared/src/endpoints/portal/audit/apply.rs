//! `POST portal/audit/apply`: applies the fixes of findings.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, audit};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/audit/apply",
    method: Method::POST,
    contract: Contract::post::<audit::ApplyFindings, audit::AppliedFindings>(),
    // Synchronizes additions, as portal/additions/retry does.
    grants: &[Grant::Get, Grant::Query, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&Box::pin(audit::apply(portal, &portal.body_with(&audit::ApplyFindings::REQUIRED)?)).await?)
}
