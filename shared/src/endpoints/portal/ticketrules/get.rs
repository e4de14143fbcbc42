//! `GET portal/ticketrules/get`: returns the MSP's rules for its tickets.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, ticketrules};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/ticketrules/get",
    method: Method::GET,
    contract: Contract::get::<ticketrules::TicketRulesView>(),
    grants: &[Grant::Get, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&ticketrules::get(portal).await?)
}
