//! `POST portal/links/delete`: deletes a link. Additions in ConnectWise stay unchanged.

use futures::FutureExt;
use http::Method;
use serde_json::json;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, links};
use crate::endpoints::{Access, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/links/delete",
    method: Method::POST,
    grants: &[Grant::Get, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    links::delete(portal, &portal.body()?).await?;
    EndpointResponse::json(&json!({}))
}
