//! `POST portal/settings/credentials`: step 1 of the setup: tests the credentials for ConnectWise.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, settings};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/settings/credentials",
    method: Method::POST,
    contract: Contract::post::<settings::CredentialsRequest, settings::VerifiedConnection>(),
    // Stores the verified keys encrypted. Compares another ConnectWise with what is recorded (Query).
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Query, Grant::Decrypt, Grant::Encrypt],
    access: Access::MspSession(Role::Owner, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&settings::verify_connection(portal, &portal.body()?).await?)
}
