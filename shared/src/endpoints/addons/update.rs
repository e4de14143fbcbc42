//! `POST addons/update`: an add-on is changed.

use futures::FutureExt;
use http::Method;

use crate::app::request::RequestContext;
use crate::bss::ServiceDefinition;
use crate::domain::error::ServiceError;
use crate::endpoints::addons::{Change, addon};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "addons/update",
    method: Method::POST,
    access: Access::Application {
        section: "Addons Management",
        title: "Addon Update",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let service: ServiceDefinition = call.body()?;
    addon(call, &service, Change::Keep).await
}
