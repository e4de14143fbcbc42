//! `GET portal/agreements/list`: lists the agreements of the company `?company=`.

use futures::FutureExt;
use http::Method;
use serde_json::json;

use crate::app::grant::Grant;
use crate::connectwise::CompanyId;
use crate::connectwise::api::agreement;
use crate::domain::error::ServiceError;
use crate::endpoints::portal::{FieldErrors, PortalRequest};
use crate::endpoints::{Access, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/agreements/list",
    method: Method::GET,
    grants: &[Grant::Get, Grant::Decrypt],
    access: Access::MspSession(|portal| run(portal).boxed()),
};

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let company = portal.query_param_u32("company")?;
    let company = company.ok_or_else(|| {
        FieldErrors::single("company", "It is required: the number of the company, such as ?company=19.")
    })?;
    portal.call.ids.record(|ids| ids.company = Some(company));
    let connection = portal.connection().await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    let agreements: Vec<_> = client
        .list_all(&agreement::list(CompanyId::new(company)))
        .await?
        .into_iter()
        .map(|agreement| {
            json!({
                "id": agreement.id, "name": agreement.name, "status": agreement.status(), "active": agreement.is_active(),
                "startDate": agreement.start_date, "nextInvoiceDate": agreement.next_invoice_date,
            })
        })
        .collect();
    EndpointResponse::json(&agreements)
}
