//! `POST portal/settings/credentials`: step 1: the way into ConnectWise is proved.

use futures::FutureExt;
use http::Method;

use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, settings};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/settings/credentials",
    method: Method::POST,
    door: Door::Portal(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&settings::prove(portal, &portal.body()?).await?)
}
