//! Endpoints for subscriptions, and the step that they share.

pub mod activate;
pub mod cancel;
pub mod create;
pub mod outcome;
pub mod suspend;
pub mod update;
pub mod upgradetopaid;

use super::EndpointResponse;
use crate::app::request::RequestContext;
use crate::bss::{ResultEnvelope, ServiceDefinition};
use crate::domain::error::ServiceError;
use crate::domain::order::{Order, OrderKind};
use crate::domain::requester::Requester;
use crate::provisioning::subscriptions::provision_subscription;

/// Provisions the requested order of the given kind. Returns the external id under which the BSS stores the subscription.
async fn provision(
    call: &RequestContext<'_>,
    service: &ServiceDefinition,
    kind: OrderKind,
) -> Result<EndpointResponse, ServiceError> {
    call.ids.record_order(service);
    let order = Order {
        requester: Some(Box::new(Requester::in_shop(&service.requested_by, call.endpoint))),
        ..Order::parse(service, kind, &call.app.vendor.order_terms())?
    };
    let done = Box::pin(provision_subscription(call, &order)).await?;
    let (message, pairs) = outcome::told(call, order.kind, done.record.as_ref());
    EndpointResponse::envelope(&ResultEnvelope::service(done.external_id.as_str(), message, pairs))
}
