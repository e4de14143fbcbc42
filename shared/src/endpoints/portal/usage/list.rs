//! `GET portal/usage/list`: lists the usage of the MSP's organizations.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::usage;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/usage/list",
    method: Method::GET,
    contract: Contract::get::<usage::UsagePage>().with_query(usage::QUERY),
    grants: &[Grant::Get, Grant::Decrypt],
    access: Access::UsageKey(|request| run(request).boxed()),
};

async fn run(request: &usage::UsageRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&usage::list(request).await?)
}
