//! `GET portal/settings/get`: returns the settings in force, without the keys.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::refused_credentials::refused_credentials;
use crate::endpoints::portal::{PortalRequest, settings};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/settings/get",
    method: Method::GET,
    contract: Contract::get::<settings::Settings>(),
    grants: &[Grant::Get, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let record = portal.call.app.store.msp(portal.msp).await?.ok_or_else(Connection::not_configured_error)?;
    let refused_credentials = refused_credentials(portal).await?;
    EndpointResponse::json(&settings::Settings { refused_credentials, ..settings::Settings::from(record) })
}
