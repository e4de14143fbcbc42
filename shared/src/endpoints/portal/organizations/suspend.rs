//! `POST portal/organizations/suspend`: a company's log-ins are switched off; it goes on to be billed.

use futures::FutureExt;
use http::Method;

use crate::domain::error::ServiceError;
use crate::domain::order::Verb;
use crate::endpoints::portal::{PortalRequest, organizations};
use crate::endpoints::{Answer, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/organizations/suspend",
    method: Method::POST,
    access: Access::MspSession(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<Answer, ServiceError> {
    Answer::json(&organizations::turn(portal, &portal.body()?, Verb::Suspend).await?)
}
