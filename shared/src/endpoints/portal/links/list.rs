//! `GET portal/links/list`: the accounts that are linked.

use futures::FutureExt;
use http::Method;

use crate::endpoints::{Answer, Door, Endpoint};
use crate::failure::Failure;
use crate::portal::{PortalCall, links};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/links/list", method: Method::GET, door: Door::Portal(|portal| run(portal).boxed()) };

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&links::list(portal).await?)
}
