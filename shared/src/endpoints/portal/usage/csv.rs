//! `GET portal/usage/csv`: exports the usage of the MSP's organizations as CSV.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{csv, usage};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/usage/csv",
    method: Method::GET,
    contract: Contract::get::<String>().answering(csv::CSV).with_query(usage::QUERY),
    grants: &[Grant::Get, Grant::Decrypt],
    access: Access::UsageKey(|request| run(request).boxed()),
};

async fn run(request: &usage::UsageRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    usage::export(request).await
}
