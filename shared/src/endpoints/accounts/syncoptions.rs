//! `GET accounts/syncoptions`: what an account is asked before its first synchronization.

use futures::FutureExt;
use futures::future::ready;
use http::Method;

use crate::app::request::Call;
use crate::domain::error::Failure;
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "accounts/syncoptions",
    method: Method::GET,
    door: Door::Bss {
        section: "Account Management",
        title: "Account Get Synchronization Options",
        authenticated: false,
        run: |call| ready(run(call)).boxed(),
    },
};

fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    Answer::json(&call.app.vendor.sync_options())
}
