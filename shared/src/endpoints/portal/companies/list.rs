//! `GET portal/companies/list`: lists the active companies in the MSP's ConnectWise.

use futures::FutureExt;
use http::Method;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::connectwise::CompanyId;
use crate::connectwise::api::company;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/companies/list",
    method: Method::GET,
    contract: Contract::get::<Vec<CompanyView>>(),
    grants: &[Grant::Get, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(|portal| run(portal).boxed()),
};

/// An active company.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Company"))]
pub struct CompanyView {
    id: CompanyId,
    identifier: String,
    name: String,
    /// Name of the status, which the MSP defines; null if the company has none.
    status: Option<String>,
}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let connection = portal.connection().await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    let companies: Vec<_> = client
        .list_all(&company::active())
        .await?
        .into_iter()
        .map(|company| CompanyView {
            id: company.id,
            identifier: company.identifier,
            name: company.name,
            status: company.status,
        })
        .collect();
    EndpointResponse::json(&companies)
}
