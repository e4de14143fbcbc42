//! Subscriptions.

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
use crate::provisioning::subscriptions::carry_out;

/// Carries out `verb` on the subscription of a request; answers the id that the BSS shall know it by.
async fn subscription(call: &RequestContext<'_>, service: &ServiceDefinition, verb: OrderKind) -> Result<EndpointResponse, ServiceError> {
    let order = Order::parse(service, verb, &call.app.vendor.order_terms())?;
    let id = carry_out(call, &order).await?;
    EndpointResponse::envelope(&ResultEnvelope::service(id.as_str(), TextMap::new(), false))
}
