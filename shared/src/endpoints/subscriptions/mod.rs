//! Endpoints for subscriptions, and the step that they share.

pub mod activate;
pub mod cancel;
pub mod create;
pub mod suspend;
pub mod update;

use super::EndpointResponse;
use crate::app::request::RequestContext;
use crate::bss::{ResultEnvelope, ServiceDefinition, TextMap};
use crate::domain::error::ServiceError;
use crate::domain::order::{Order, OrderKind};
use crate::provisioning::subscriptions::provision_subscription;

/// Provisions the requested order of the given kind. Returns the external id under which the BSS stores the subscription.
async fn subscription(
    call: &RequestContext<'_>,
    service: &ServiceDefinition,
    verb: OrderKind,
) -> Result<EndpointResponse, ServiceError> {
    let order = Order::parse(service, verb, &call.app.vendor.order_terms())?;
    let id = provision_subscription(call, &order).await?;
    EndpointResponse::envelope(&ResultEnvelope::service(id.as_str(), TextMap::new(), false))
}
