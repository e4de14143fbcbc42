//! `POST portal/plans/create`: a plan is offered, and becomes an item of the product catalog.

use futures::FutureExt;
use http::Method;

use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, plans};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/plans/create", method: Method::POST, door: Door::Portal(|portal| run(portal).boxed()) };

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&Box::pin(plans::create(portal, portal.body()?)).await?)
}
