//! `POST fields/validate`: a list of what is wrong with the filled fields; empty when all is well.

use futures::FutureExt;
use http::Method;

use crate::app::request::Call;
use crate::bss::requests::FieldCollection;
use crate::domain::error::Failure;
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "fields/validate",
    method: Method::POST,
    door: Door::Bss {
        section: "Setup Configuration",
        title: "Validate Setting Fields",
        authenticated: false,
        run: |call| run(call).boxed(),
    },
};

async fn run(call: &Call<'_>) -> Result<Answer, Failure> {
    let filled: FieldCollection = call.body()?;
    Answer::json(&call.app.vendor.validate(&call.session(), &filled).await)
}
