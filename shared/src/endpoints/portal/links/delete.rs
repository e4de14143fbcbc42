//! `POST portal/links/delete`: a link is ended; what is in ConnectWise stays as it is.

use futures::FutureExt;
use http::Method;
use serde_json::json;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, links};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/links/delete", method: Method::POST, access: Access::MspSession(|portal| run(portal).boxed()) };

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    links::delete(portal, &portal.body()?).await?;
    EndpointResponse::json(&json!({}))
}
