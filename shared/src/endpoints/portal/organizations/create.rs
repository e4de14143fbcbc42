//! `POST portal/organizations/create`: a company is sold a plan.

use futures::FutureExt;
use http::Method;

use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, organizations};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/create",
    method: Method::POST,
    door: Door::Portal(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&Box::pin(organizations::create(portal, portal.body()?)).await?)
}
