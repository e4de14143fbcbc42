//! `POST portal/organizations/update`: plan or seats of a company's subscription are changed.

use futures::FutureExt;
use http::Method;

use crate::endpoints::{Answer, Door, Endpoint};
use crate::failure::Failure;
use crate::portal::{PortalCall, tenant};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/update",
    method: Method::POST,
    door: Door::Portal(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&tenant::update(portal, &portal.body()?).await?)
}
