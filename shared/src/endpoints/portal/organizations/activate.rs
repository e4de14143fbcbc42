//! `POST portal/organizations/activate`: a suspension, or an unsubscription, is taken back.

use futures::FutureExt;
use http::Method;

use crate::endpoints::{Answer, Door, Endpoint};
use crate::failure::Failure;
use crate::order::Verb;
use crate::portal::{PortalCall, tenant};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/activate",
    method: Method::POST,
    door: Door::Portal(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&tenant::turn(portal, &portal.body()?, Verb::Activate).await?)
}
