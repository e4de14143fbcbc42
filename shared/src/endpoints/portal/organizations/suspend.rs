//! `POST portal/organizations/suspend`: a company's log-ins are switched off; it goes on to be billed.

use futures::FutureExt;
use http::Method;

use crate::domain::error::Failure;
use crate::domain::order::Verb;
use crate::endpoints::portal::{PortalCall, organizations};
use crate::endpoints::{Answer, Door, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/suspend",
    method: Method::POST,
    door: Door::Portal(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalCall<'_>) -> Result<Answer, Failure> {
    Answer::json(&organizations::turn(portal, &portal.body()?, Verb::Suspend).await?)
}
