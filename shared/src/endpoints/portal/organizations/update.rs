//! `POST portal/organizations/update`: plan or seats of a company's subscription are changed.

use futures::FutureExt;
use http::Method;

use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, organizations};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/update",
    method: Method::POST,
    door: Door::Portal(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&organizations::update(portal, &portal.body()?).await?)
}
