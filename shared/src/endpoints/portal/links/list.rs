//! `GET portal/links/list`: the accounts that are linked.

use futures::FutureExt;
use http::Method;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, links};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/links/list", method: Method::GET, access: Access::MspSession(|portal| run(portal).boxed()) };

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&links::list(portal).await?)
}
