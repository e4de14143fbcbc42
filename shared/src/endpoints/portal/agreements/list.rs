//! `GET portal/agreements/list`: the agreements of a company, `?company=`.

use futures::FutureExt;
use http::Method;
use serde_json::json;

use crate::connectwise::CompanyId;
use crate::connectwise::api::agreement;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{Faults, PortalRequest};
use crate::endpoints::{EndpointResponse, Access, Endpoint};

/// The endpoint.
pub static ENDPOINT: Endpoint =
    Endpoint { path: "portal/agreements/list", method: Method::GET, access: Access::MspSession(|portal| run(portal).boxed()) };

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let company = portal.query_param_u32("company")?;
    let company = company.ok_or_else(|| Faults::of("company", "Say of which company: ?company=19."))?;
    let connection = portal.connection().await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    let agreements: Vec<_> = client
        .all(&agreement::of_company(CompanyId::new(company)))
        .await?
        .into_iter()
        .map(|held| {
            json!({
                "id": held.id, "name": held.name, "status": held.status(), "active": held.is_active(),
                "startDate": held.start_date, "nextInvoiceDate": held.next_invoice_date,
            })
        })
        .collect();
    EndpointResponse::json(&agreements)
}
