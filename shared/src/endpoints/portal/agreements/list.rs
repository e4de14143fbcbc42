//! `GET portal/agreements/list`: lists the agreements of the company `?company=`.

use futures::FutureExt;
use http::Method;
use jiff::civil::Date;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::connectwise::api::agreement;
use crate::connectwise::{AgreementId, CompanyId};
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::{FieldErrors, PortalRequest};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse, QueryParameter, QueryType};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/agreements/list",
    method: Method::GET,
    contract: Contract::get::<Vec<AgreementView>>().with_query(&[COMPANY]),
    grants: &[Grant::Get, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

/// The company whose agreements are listed.
const COMPANY: QueryParameter = QueryParameter { name: "company", value: QueryType::Number, required: true };

/// An agreement of the company.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Agreement"))]
#[serde(rename_all = "camelCase")]
pub struct AgreementView {
    /// `true` if additions can be created and changed.
    active: bool,
    id: AgreementId,
    name: String,
    /// First day of the period that is not invoiced yet.
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date")))]
    next_invoice_date: Option<Date>,
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date")))]
    start_date: Option<Date>,
    /// The status in words.
    status: String,
}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let company = portal.query.number(COMPANY.name)?;
    let company = company.ok_or_else(|| {
        FieldErrors::single(COMPANY.name, "It is required: the number of the company, such as ?company=19.")
    })?;
    portal.call.ids.record(|ids| ids.company = Some(company));
    let connection = portal.connection().await?;
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    let agreements: Vec<_> = client
        .list_all(&agreement::list(CompanyId::new(company)))
        .await?
        .into_iter()
        .map(|agreement| AgreementView {
            active: agreement.is_active(),
            id: agreement.id,
            status: agreement.status().to_owned(),
            name: agreement.name,
            next_invoice_date: agreement.next_invoice_date,
            start_date: agreement.start_date,
        })
        .collect();
    EndpointResponse::json(&agreements)
}
