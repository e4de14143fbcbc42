//! `GET portal/tickets/list`: how the tickets of failing actions stand.

use futures::FutureExt;
use http::Method;

use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, tickets};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/tickets/list", method: Method::GET, door: Door::Portal(|portal| run(portal).boxed()) };

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&tickets::list(portal).await?)
}
