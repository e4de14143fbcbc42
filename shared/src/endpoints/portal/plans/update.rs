//! `POST portal/plans/update`: name or price of a plan are changed, here and in the catalog.

use futures::FutureExt;
use http::Method;

use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, plans};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/plans/update", method: Method::POST, door: Door::Portal(|portal| run(portal).boxed()) };

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&plans::update(portal, portal.body()?).await?)
}
