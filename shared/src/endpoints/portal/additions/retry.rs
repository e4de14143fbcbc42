//! `POST portal/additions/retry`: retries additions that are out of sync.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, additions};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/additions/retry",
    method: Method::POST,
    contract: Contract::post_or_empty::<additions::RetryAdditions, Vec<additions::AdditionView>>(),
    // Synchronizes all items of the MSP, as the stream's consumer does.
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(Role::Billing, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&additions::retry(portal, &portal.body_or_empty()?).await?)
}
