//! `POST portal/plans/update`: name or price of a plan are changed, here and in the catalog.

use futures::FutureExt;
use http::Method;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, plans};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/plans/update", method: Method::POST, access: Access::MspSession(|portal| run(portal).boxed()) };

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&plans::update(portal, portal.body()?).await?)
}
