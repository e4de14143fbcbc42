//! `GET fields/get`: the settings fields that the operator fills in.

use futures::FutureExt;
use futures::future::ready;
use http::Method;

use crate::call::Call;
use crate::endpoints::{Answer, Door, Endpoint};
use crate::failure::Failure;

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
