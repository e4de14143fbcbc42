//! `GET portal/usagekey/get`: returns the time at which the key that reads the usage was made.

use futures::FutureExt;
use http::Method;
use jiff::Timestamp;
use serde::Serialize;

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/usagekey/get",
    method: Method::GET,
    contract: Contract::get::<KeyView>(),
    grants: &[Grant::Get, Grant::Update, Grant::Decrypt],
    access: Access::MspSession(Role::ReadOnly, |portal| run(portal).boxed()),
};

/// Response of `portal/usagekey/get`.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "UsageKey"))]
#[serde(rename_all = "camelCase")]
pub struct KeyView {
    /// Time at which the key was made; absent if the MSP has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schemars(with = "Option<String>", extend("format" = "date-time")))]
    created_at: Option<Timestamp>,
}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let key = portal.call.app.store.usage_key(portal.msp).await?;
    EndpointResponse::json(&KeyView { created_at: key.map(|key| key.created_at) })
}
