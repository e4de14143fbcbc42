//! `GET portal/settings/get`: the settings in force, without the keys.

use futures::FutureExt;
use http::Method;

use crate::endpoints::{Answer, Door, Endpoint};
use crate::failure::Failure;
use crate::portal::{Connection, PortalCall, setup};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/settings/get", method: Method::GET, door: Door::Portal(|portal| run(portal).boxed()) };

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    let record = portal.call.app.store.msp(portal.msp).await?.ok_or_else(Connection::unset)?;
    Answer::json(&setup::Settings::from(record))
}
