//! `POST portal/settings/save`: step 2 of the setup: checks the choices and puts the settings in force.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::settings::{self, SettingsRequest};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/settings/save",
    method: Method::POST,
    contract: Contract::post::<SettingsRequest, settings::Settings>(),
    // Creates records in ConnectWise under the MSP's lock, which it releases (Delete). Compares another ConnectWise with what
    // is recorded (Query).
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Query, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Owner, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&Box::pin(settings::save(portal, portal.body_with(&SettingsRequest::REQUIRED)?)).await?)
}
