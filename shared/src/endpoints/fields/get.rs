//! `GET fields/get`: returns the settings fields that the BSS shows to the operator.

use futures::FutureExt;
use futures::future::ready;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::responses::FieldCollection;
use crate::domain::error::ServiceError;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "fields/get",
    method: Method::GET,
    contract: Contract::get::<FieldCollection>(),
    grants: &[Grant::ReadApplications],
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
