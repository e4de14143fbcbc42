//! `GET fields/get`: the settings fields that the operator fills in.

use futures::FutureExt;
use futures::future::ready;
use http::Method;

use crate::app::request::Call;
use crate::domain::error::Failure;
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "fields/get",
    method: Method::GET,
    door: Door::Bss {
        section: "Setup Configuration",
        title: "Getting Settings Fields",
        authenticated: false,
        run: |call| ready(run(call)).boxed(),
    },
};

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    Answer::json(&call.app.vendor.fields())
}
