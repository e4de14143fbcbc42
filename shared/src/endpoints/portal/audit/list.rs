//! `GET portal/audit/list`: lists the findings of the billing audit, with its last runs.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, audit};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/audit/list",
    method: Method::GET,
    contract: Contract::get::<audit::AuditPage>().with_query(audit::LIST_QUERY),
    grants: &[Grant::Get, Grant::Update, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&audit::list(portal).await?)
}
