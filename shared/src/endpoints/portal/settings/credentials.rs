//! `POST portal/settings/credentials`: step 1: the way into ConnectWise is proved.

use futures::FutureExt;
use http::Method;

use crate::domain::error::ServiceError;
use crate::endpoints::portal::{PortalRequest, settings};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/settings/credentials",
    method: Method::POST,
    access: Access::MspSession(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&settings::prove(portal, &portal.body()?).await?)
}
