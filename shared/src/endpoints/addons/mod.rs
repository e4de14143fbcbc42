//! Add-ons of subscriptions.

pub mod cancel;
pub mod create;
pub mod update;

use super::EndpointResponse;
use crate::app::request::RequestContext;
use crate::bss::{ActionType, AddonDefinition, ResultEnvelope, ServiceDefinition, TextMap};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription::addon_code;
use crate::provisioning::subscriptions::carry_out;

/// What becomes of the add-on that a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// It is there, as the request says.
    Keep,
    /// It is there no more.
    End,
}

/// Computes the subscription anew with the change to the add-on. The answered id serves as the add-on's and, since what
/// follows the `:` is ignored, as the subscription's.
async fn addon(call: &RequestContext<'_>, service: &ServiceDefinition, change: Change) -> Result<EndpointResponse, ServiceError> {
    let code = code(service, change)?;
    let mut order = Order::parse(service, OrderKind::Update, &call.app.vendor.order_terms())?;
    if change == Change::End {
        order.desired.without = Some(code.clone());
    }
    let id = carry_out(call, &order).await?;
    let id = format!("{id}:{code}");
    EndpointResponse::envelope(&ResultEnvelope::service(id, TextMap::new(), false))
}

/// Which add-on the call is about: the one with an action, the one that the id names, or the only one.
fn code(service: &ServiceDefinition, change: Change) -> Result<String, ServiceError> {
    let addons = service.addons.as_deref().unwrap_or_default();
    let acted_on = |addon: &&AddonDefinition| match change {
        Change::Keep => !matches!(addon.action_type, ActionType::None | ActionType::Cancel),
        Change::End => addon.action_type == ActionType::Cancel,
    };
    let named = service.id.split_once(':').map_or("", |(_, code)| code).trim();
    match (addons.iter().find(acted_on), named, addons) {
        (Some(addon), _, _) => addon_code(addon),
        (None, "", [only]) => addon_code(only),
        (None, "", _) => Err(ServiceError::new(
            ErrorCode::BadRequest,
            "The request does not say which add-on it is about: none of Addons has an ActionType, and ID names none.",
        )),
        (None, named, _) => Ok(named.to_owned()),
    }
}
