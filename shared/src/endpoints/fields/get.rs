//! `GET fields/get`: the settings fields that the operator fills in.

use futures::FutureExt;
use futures::future::ready;
use http::Method;

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "fields/get",
    method: Method::GET,
    access: Access::Application {
        section: "Setup Configuration",
        title: "Getting Settings Fields",
        authenticated: false,
        run: |call| ready(run(call)).boxed(),
    },
};

fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&call.app.vendor.fields())
}
