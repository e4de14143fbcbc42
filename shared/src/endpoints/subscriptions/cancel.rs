//! `POST subscriptions/cancel`: the subscription is ended.

use futures::FutureExt;
use http::Method;

use crate::app::request::Call;
use crate::bss::ServiceDefinition;
use crate::domain::error::Failure;
use crate::domain::order::Verb;
use crate::endpoints::subscriptions::subscription;
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "subscriptions/cancel",
    method: Method::POST,
    door: Door::Bss {
        section: "Subscriptions Management",
        title: "Subscription Cancel",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let service: ServiceDefinition = call.body()?;
    subscription(call, &service, Verb::Cancel).await
}
