//! `POST portal/organizations/unsubscribe`: a company's subscription is ended.

use futures::FutureExt;
use http::Method;

use crate::domain::error::ServiceError;
use crate::domain::order::OrderKind;
use crate::endpoints::portal::{PortalRequest, organizations};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/unsubscribe",
    method: Method::POST,
    access: Access::MspSession(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&organizations::turn(portal, &portal.body()?, OrderKind::Cancel).await?)
}
