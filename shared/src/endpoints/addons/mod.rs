//! Endpoints for add-ons, and the logic that they share. A change of an add-on is an update of its subscription.

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
use crate::provisioning::subscriptions::provision_subscription;

/// The change that a request makes to its add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// The add-on is ordered, with the quantities of the request.
    Keep,
    /// The add-on is removed.
    End,
}

/// Updates the subscription with the change to the add-on. Returns the add-on's id, `<subscription's external id>:<code>`. It
/// also works as the subscription's id, because parsing ignores the part after the `:`.
async fn addon(
    call: &RequestContext<'_>,
    service: &ServiceDefinition,
    change: Change,
) -> Result<EndpointResponse, ServiceError> {
    let code = code(service, change)?;
    let mut order = Order::parse(service, OrderKind::Update, &call.app.vendor.order_terms())?;
    if change == Change::End {
        order.desired.removed_addon = Some(code.clone());
    }
    let id = provision_subscription(call, &order).await?;
    let id = format!("{id}:{code}");
    EndpointResponse::envelope(&ResultEnvelope::service(id, TextMap::new(), false))
}

/// Returns the code of the requested add-on: the one with a matching `ActionType`, else the one in `ID` after the `:`, else
/// the only one.
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
            "The request identifies no add-on: no entry of Addons has an ActionType for this endpoint, and ID has no add-on after a colon. Send one of them.",
        )),
        (None, named, _) => Ok(named.to_owned()),
    }
}
