//! `POST portal/usagekey/revoke`: revokes the key that reads the usage.

use futures::FutureExt;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::app::grant::Grant;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::role::Role;
use crate::endpoints::portal::PortalRequest;
use crate::endpoints::{Access, Contract, Endpoint, EndpointResponse};

/// The endpoint.
pub static ENDPOINT: Endpoint = Endpoint {
    path: "portal/usagekey/revoke",
    method: Method::POST,
    contract: Contract::post_or_empty::<RevokeKey, RevokedKey>(),
    grants: &[Grant::Get, Grant::Put, Grant::Update, Grant::Delete, Grant::Decrypt],
    access: Access::MspSession(Role::Owner, |portal| run(portal).boxed()),
};

/// Body of `portal/usagekey/revoke`. It has no members.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RevokeKey {}

/// Response of `portal/usagekey/revoke`. It has no members.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RevokedKey {}

async fn run(portal: &PortalRequest<'_>) -> Result<EndpointResponse, ServiceError> {
    let RevokeKey {} = portal.body_or_empty()?;
    let store = &portal.call.app.store;
    if let Some(key) = store.usage_key(portal.msp).await? {
        let entry = portal.entry("usage key").with_values(Some(format!("made {}", key.created_at)), None);
        if !store.delete_usage_key(&key, Some(&entry)).await? && store.usage_key(portal.msp).await?.is_some() {
            return Err(ServiceError::new(
                ErrorCode::InProgress,
                "Another request made a key meanwhile. Try again to revoke that one.",
            ));
        }
    }
    EndpointResponse::json(&RevokedKey {})
}
