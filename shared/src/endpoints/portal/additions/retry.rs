//! `POST portal/additions/retry`: additions that are not as they shall be are tried again now.

use futures::FutureExt;
use http::Method;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, additions};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/additions/retry", method: Method::POST, access: Access::MspSession(|portal| run(portal).boxed()) };

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&additions::retry(portal, &portal.body()?).await?)
}
