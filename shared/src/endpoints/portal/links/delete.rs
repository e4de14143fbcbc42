//! `POST portal/links/delete`: a link is ended; what is in ConnectWise stays as it is.

use futures::FutureExt;
use http::Method;
use serde_json::json;

use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, links};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/links/delete", method: Method::POST, door: Door::Portal(|portal| run(portal).boxed()) };

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    links::delete(portal, &portal.body()?).await?;
    Answer::json(&json!({}))
}
