//! Subscriptions.

pub mod activate;
pub mod cancel;
pub mod create;
pub mod suspend;
pub mod update;

use super::Answer;
use crate::app::request::RequestContext;
use crate::bss::{ResultEnvelope, ServiceDefinition, TextMap};
use crate::domain::error::ServiceError;
use crate::domain::order::{Order, Verb};
use crate::provisioning::subscriptions::carry_out;

/// Carries out `verb` on the subscription of a request; answers the id that the BSS shall know it by.
async fn subscription(call: &RequestContext<'_>, service: &ServiceDefinition, verb: Verb) -> Result<Answer, ServiceError> {
    let order = Order::parse(service, verb, &call.app.vendor.order_terms())?;
    let id = carry_out(call, &order).await?;
    Answer::envelope(&ResultEnvelope::service(id.as_str(), TextMap::new(), false))
}
