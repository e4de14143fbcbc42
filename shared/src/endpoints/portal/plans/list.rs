//! `GET portal/plans/list`: lists the MSP's plans.

use futures::FutureExt;
use http::Method;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::ids::PlanId;
use crate::domain::role::Role;
use crate::endpoints::portal::plans::Plan;
use crate::endpoints::portal::{PortalRequest, paging};
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/plans/list",
    method: Method::GET,
    contract: Contract::get::<Page>().with_query(paging::QUERY),
    grants: &[Grant::Get, Grant::Update, Grant::Query, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

/// A page of the MSP's plans, active or not, ordered by id.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "PlanPage"))]
pub struct Page {
    plans: Vec<Plan>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<PlanId>,
}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let (limit, after) = (paging::limit(&portal.query)?, paging::after(&portal.query, PlanId::parse)?);
    let region = portal.call.app.vendor.region_of(&portal.call.vendor_context())?;
    let records = portal.call.app.store.listed_plans(portal.msp, after.as_ref(), limit).await?;
    let next = records.last().filter(|_| records.len() == limit).map(|last| last.plan.clone());
    let plans = records.into_iter().map(|record| Plan::of(record, &region)).collect();
    EndpointResponse::json(&Page { plans, next })
}
