//! `POST actions/report`: how actions on mailboxes went, signed by who did them.

use futures::FutureExt;
use http::Method;

use crate::app::request::Visit;
use crate::auth::reporters::Signed;
use crate::domain::error::Failure;
use crate::endpoints::portal;
use crate::endpoints::{Answer, Door, Endpoint};
use crate::workers::actions::report::{self, Report};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "actions/report",
    method: Method::POST,
    door: Door::Reporter(|visit, signed| run(visit, signed).boxed()),
};

async fn run(visit: &Visit<'_>, signed: &Signed) -> Result<Answer, Failure> {
    let report: Report = portal::body(visit.body)?;
    Answer::json(&report::take(visit.app, signed, &report).await?)
}
