//! `POST portal/links/create`: an account of the BSS is linked with a company and an agreement.

use futures::FutureExt;
use http::Method;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, links};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/links/create", method: Method::POST, access: Access::MspSession(|portal| run(portal).boxed()) };

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&links::create(portal, &portal.body()?).await?)
}
