//! `POST portal/links/create`: an account of the BSS is linked with a company and an agreement.

use futures::FutureExt;
use http::Method;

use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, links};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/links/create", method: Method::POST, door: Door::Portal(|portal| run(portal).boxed()) };

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&links::create(portal, &portal.body()?).await?)
}
