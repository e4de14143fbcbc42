//! `GET portal/companies/list`: lists the active companies in the MSP's ConnectWise.

use futures::FutureExt;
use http::Method;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::connectwise::CompanyId;
use crate::connectwise::api::company;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{PortalRequest, paging};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/companies/list",
    method: Method::GET,
    contract: Contract::get::<Page>().with_query(&[paging::AFTER]),
    grants: &[Grant::Get, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
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

/// A page of the active companies, ordered by name: what is active of a page of ConnectWise's.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "CompanyPage"))]
pub struct Page {
    companies: Vec<CompanyView>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let number = paging::after(&portal.query, |after| after.parse::<u32>().ok().filter(|page| *page > 0))?;
    let connection = portal.connection().await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    let (companies, next) = client.list_page(&company::active(), number.unwrap_or(1)).await?;
    let companies = companies.into_iter().map(|company| CompanyView {
        id: company.id,
        identifier: company.identifier,
        name: company.name,
        status: company.status,
    });
    EndpointResponse::json(&Page { companies: companies.collect(), next: next.map(|next| next.to_string()) })
}
