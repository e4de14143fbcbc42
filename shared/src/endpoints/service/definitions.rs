//! `GET service/definitions`: returns the services that the partner can sell, built from the partner's own plans.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::responses::ProductTypeCollection;
use crate::domain::error::ServiceError;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "service/definitions",
    method: Method::GET,
    contract: Contract::get::<ProductTypeCollection>(),
    grants: &[Grant::ReadApplications],
    access: Access::Application {
        section: "Setup Configuration",
        title: "Get Service Definitions",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&call.app.vendor.definitions(&call.vendor_context()).await?)
}
