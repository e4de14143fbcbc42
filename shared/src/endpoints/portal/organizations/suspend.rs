//! `POST portal/organizations/suspend`: a company's log-ins are switched off; it goes on to be billed.

use futures::FutureExt;
use http::Method;

use crate::endpoints::{Answer, Door, Endpoint};
use crate::failure::Failure;
use crate::order::Verb;
use crate::portal::{PortalCall, tenant};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/suspend",
    method: Method::POST,
    door: Door::Portal(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&tenant::turn(portal, &portal.body()?, Verb::Suspend).await?)
}
