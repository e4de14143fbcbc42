//! `GET accounts/syncoptions`: returns the fields that the BSS shows before an account's first synchronization.

use futures::FutureExt;
use futures::future::ready;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::RequestContext;
use crate::bss::responses::CustomFieldCollection;
use crate::domain::error::ServiceError;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "accounts/syncoptions",
    method: Method::GET,
    contract: Contract::get::<CustomFieldCollection>(),
    grants: &[Grant::ReadApplications],
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
