//! `POST portal/snoozes/save`: snoozes failures, or leaves them out.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, snoozes};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/snoozes/save",
    method: Method::POST,
    contract: Contract::post::<snoozes::SaveSnooze, snoozes::SnoozeView>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(Role::Support, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&snoozes::save(portal, &portal.body_with(&snoozes::SaveSnooze::REQUIRED)?).await?)
}
