//! `POST actions/report`: how actions on mailboxes went, signed by who did them.

use futures::FutureExt;
use http::Method;

use crate::app::request::AnonymousRequest;
use crate::auth::reporters::Signed;
use crate::domain::error::ServiceError;
use crate::endpoints::portal;
use crate::endpoints::{EndpointResponse, Access, Endpoint};
use crate::workers::actions::report::{self, Report};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "actions/report",
    method: Method::POST,
    access: Access::SignedReport(|visit, signed| run(visit, signed).boxed()),
};

async fn run(visit: &AnonymousRequest<'_>, signed: &Signed) -> Result<EndpointResponse, ServiceError> {
    let report: Report = portal::body(visit.body)?;
    EndpointResponse::json(&report::accept(visit.app, signed, &report).await?)
}
