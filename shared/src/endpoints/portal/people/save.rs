//! `POST portal/people/save`: adds a person, or changes the role of one.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, people};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/people/save",
    method: Method::POST,
    contract: Contract::post::<people::SavePerson, people::PersonView>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(Role::Owner, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&people::save(portal, &portal.body_with(&people::SavePerson::REQUIRED)?).await?)
}
