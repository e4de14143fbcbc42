//! `POST fields/validate`: a list of what is wrong with the filled fields; empty when all is well.

use futures::FutureExt;
use http::Method;

use crate::app::request::RequestContext;
use crate::bss::requests::FieldCollection;
use crate::domain::error::ServiceError;
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "fields/validate",
    method: Method::POST,
    access: Access::Application {
        section: "Setup Configuration",
        title: "Validate Setting Fields",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let filled: FieldCollection = call.body()?;
    EndpointResponse::json(&call.app.vendor.validate(&call.session(), &filled).await)
}
