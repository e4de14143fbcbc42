//! `POST portal/identity/save`: connects an identity provider, at which people sign in.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, identity};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/identity/save",
    method: Method::POST,
    contract: Contract::post::<identity::SaveIdentity, identity::IdentityView>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt, Grant::Encrypt],
    access: Access::MspSession(Role::Owner, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&identity::save(portal, &portal.body_with(&identity::SaveIdentity::REQUIRED)?).await?)
}
