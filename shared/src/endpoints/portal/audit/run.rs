//! `POST portal/audit/run`: starts an audit.

use futures::FutureExt;
use http::Method;

use crate::app::grant::{Grant, Queue};
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, audit};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/audit/run",
    method: Method::POST,
    contract: Contract::post_or_empty::<audit::RunAudit, audit::StartedAudit>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt, Grant::Send(Queue::Audits)],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let audit::RunAudit {} = portal.body_or_empty()?;
    EndpointResponse::json(&audit::run(portal).await?)
}
