//! `POST actions/report`: accepts a signed report of actions on mailboxes.
//!
//! `docs/reference/reports-api.md` describes it.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::request::AnonymousRequest;
use crate::auth::reporters::VerifiedReport;
use crate::domain::error::ServiceError;
use crate::endpoints::portal;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};
use crate::workers::actions::report::{self, Report};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "actions/report",
    method: Method::POST,
    contract: Contract::post::<Report, report::AcceptedReport>(),
    grants: &[Grant::ReadReporters, Grant::Get, Grant::Put, Grant::Delete, Grant::Query],
    access: Access::SignedReport(|request, verified| run(request, verified).boxed()),
};

async fn run(request: &AnonymousRequest<'_>, verified: &VerifiedReport) -> Result<EndpointResponse, ServiceError> {
    let report: Report = portal::body(request.body)?;
    EndpointResponse::json(&report::accept(request.app, verified, &report).await?)
}
