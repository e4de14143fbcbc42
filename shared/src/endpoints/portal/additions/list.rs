//! `GET portal/additions/list`: how the additions of all subscriptions stand.

use futures::FutureExt;
use http::Method;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, additions};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/additions/list", method: Method::GET, access: Access::MspSession(|portal| run(portal).boxed()) };

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&additions::list(portal).await?)
}
