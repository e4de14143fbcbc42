//! `POST portal/ticketfields/save`: checks and writes the fields of a company's tickets.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::ticketfields::{self, CompanyFieldsView, SaveTicketFields};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/ticketfields/save",
    method: Method::POST,
    contract: Contract::post::<SaveTicketFields, CompanyFieldsView>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Support, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let request = portal.body_with(&SaveTicketFields::REQUIRED)?;
    EndpointResponse::json(&Box::pin(ticketfields::save(portal, &request)).await?)
}
