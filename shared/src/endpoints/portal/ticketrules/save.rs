//! `POST portal/ticketrules/save`: writes the MSP's rules for its tickets.

use futures::FutureExt;
use http::Method;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::portal::ticketrules::{self, SaveTicketRules, TicketRulesView};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/ticketrules/save",
    method: Method::POST,
    contract: Contract::post::<SaveTicketRules, TicketRulesView>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::Support, |portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    EndpointResponse::json(&ticketrules::save(portal, &portal.body()?).await?)
}
