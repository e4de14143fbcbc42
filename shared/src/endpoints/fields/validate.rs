//! `POST fields/validate`: checks the settings and returns one text per invalid field; an empty list if all are valid.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::requests::FieldCollection;
use crate::domain::error::ServiceError;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "fields/validate",
    method: Method::POST,
    contract: Contract::post::<FieldCollection, Vec<String>>(),
    grants: &[Grant::ReadApplications],
    access: Access::Application {
        section: "Setup Configuration",
        title: "Validate Setting Fields",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let filled: FieldCollection = call.body()?;
    EndpointResponse::json(&call.app.vendor.validate(&call.vendor_context(), &filled).await)
}
