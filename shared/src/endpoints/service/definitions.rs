//! `GET service/definitions`: what the partner can sell, made from its own plans.

use futures::FutureExt;
use http::Method;

use crate::app::request::Call;
use crate::domain::error::Failure;
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "service/definitions",
    method: Method::GET,
    door: Door::Bss {
        section: "Setup Configuration",
        title: "Get Service Definitions",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    Answer::json(&call.app.vendor.definitions(&call.session()).await?)
}
