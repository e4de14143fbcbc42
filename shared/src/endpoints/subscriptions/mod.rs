//! Subscriptions.

pub mod activate;
pub mod cancel;
pub mod create;
pub mod suspend;
pub mod update;

use super::Answer;
use crate::bss::{ResultEnvelope, ServiceDefinition, TextMap};
use crate::call::Call;
use crate::failure::Failure;
use crate::order::{Order, Verb};
use crate::provisioning::carry_out;

/// Carries out `verb` on the subscription of a request; answers the id that the BSS shall know it by.
async fn subscription(call: &Call<'_>, service: &ServiceDefinition, verb: Verb) -> Result<Answer, Failure> {
    let order = Order::parse(call, service, verb)?;
    let id = carry_out(call, &order).await?;
    Answer::envelope(&ResultEnvelope::service(id.as_str(), TextMap::new(), false))
}
