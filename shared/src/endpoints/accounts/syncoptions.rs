//! `GET accounts/syncoptions`: what an account is asked before its first synchronization.

use futures::FutureExt;
use futures::future::ready;
use http::Method;

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "accounts/syncoptions",
    method: Method::GET,
    access: Access::Application {
        section: "Account Management",
        title: "Account Get Synchronization Options",
        authenticated: false,
        run: |call| ready(run(call)).boxed(),
    },
};

fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&call.app.vendor.sync_options())
}
