//! `GET portal/plans/list`: lists the MSP's plans.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, plans};
use crate::endpoints::{Access, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/plans/list",
    method: Method::GET,
    grants: &[Grant::Get, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&plans::list(portal).await?)
}
