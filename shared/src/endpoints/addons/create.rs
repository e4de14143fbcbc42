//! `POST addons/create`: an add-on is added to a subscription.

use futures::FutureExt;
use http::Method;

use crate::app::request::Call;
use crate::bss::ServiceDefinition;
use crate::domain::error::Failure;
use crate::endpoints::addons::{Change, addon};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "addons/create",
    method: Method::POST,
    door: Door::Bss {
        section: "Addons Management",
        title: "Addon Create",
        authenticated: true,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let service: ServiceDefinition = call.body()?;
    addon(call, &service, Change::Keep).await
}
