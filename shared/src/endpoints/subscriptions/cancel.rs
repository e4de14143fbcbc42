//! `POST subscriptions/cancel`: the subscription is ended.

use futures::FutureExt;
use http::Method;

use crate::app::request::RequestContext;
use crate::bss::ServiceDefinition;
use crate::domain::error::ServiceError;
use crate::domain::order::OrderKind;
use crate::endpoints::subscriptions::subscription;
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "subscriptions/cancel",
    method: Method::POST,
    access: Access::Application {
        section: "Subscriptions Management",
        title: "Subscription Cancel",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &RequestContext<'_>) -> Result<EndpointResponse, ServiceError> {
    let service: ServiceDefinition = call.body()?;
    subscription(call, &service, OrderKind::Cancel).await
}
