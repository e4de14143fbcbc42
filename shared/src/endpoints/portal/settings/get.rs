//! `GET portal/settings/get`: the settings in force, without the keys.

use futures::FutureExt;
use http::Method;

use crate::app::msp_connection::Connection;
use crate::domain::error::Failure;
use crate::endpoints::portal::{PortalCall, settings};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/settings/get", method: Method::GET, door: Door::Portal(|portal| run(portal).boxed()) };

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    let record = portal.call.app.store.msp(portal.msp).await?.ok_or_else(Connection::unset)?;
    Answer::json(&settings::Settings::from(record))
}
