//! Endpoints for add-ons, and the logic that they share. A change of an add-on is an update of its subscription.

pub mod cancel;
pub mod create;
pub mod update;

use super::EndpointResponse;
use crate::app::request::RequestContext;
use crate::bss::{ActionType, AddonDefinition, ResultEnvelope, ServiceDefinition};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::order::{Order, OrderKind};
use crate::domain::requester::Requester;
use crate::domain::subscription::addon_code;
use crate::endpoints::subscriptions::outcome;
use crate::provisioning::subscriptions::provision_subscription;

/// The change that a request makes to its add-on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// The add-on is ordered, with the quantities of the request.
    Order,
    /// The add-on is removed.
    Remove,
}

/// Updates the subscription with the change to the add-on. Returns the add-on's id, `<subscription's external id>:<code>`. It
/// also works as the subscription's id, because parsing ignores the part after the `:`.
async fn change_addon(
    call: &RequestContext<'_>,
    service: &ServiceDefinition,
    change: Change,
) -> Result<EndpointResponse, ServiceError> {
    call.ids.record_order(service);
    let (code, quantity) = requested_addon(service, change)?;
    call.ids.record(|ids| (ids.product, ids.quantity) = (Some(code.clone()), quantity));
    let mut order = Order::parse(service, OrderKind::Update, &call.app.vendor.order_terms())?;
    order.requester = Some(Box::new(Requester::in_shop(&service.requested_by, call.endpoint)));
    if change == Change::Remove {
        order.desired.removed_addon = Some(code.clone());
    }
    let done = Box::pin(provision_subscription(call, &order)).await?;
    let (message, pairs) = outcome::told(call, order.kind, done.record.as_ref());
    let id = format!("{}:{code}", done.external_id);
    EndpointResponse::envelope(&ResultEnvelope::service(id, message, pairs))
}

/// Returns code and quantity of the requested add-on: the one with a matching `ActionType`, else the one in `ID` after the
/// `:`, else the only one.
///
/// # Errors
/// [`ErrorCode::BadRequest`] if there is none of these.
fn requested_addon(service: &ServiceDefinition, change: Change) -> Result<(String, Option<i64>), ServiceError> {
    let addons = service.addons.as_deref().unwrap_or_default();
    let has_action = |addon: &&AddonDefinition| match change {
        Change::Order => !matches!(addon.action_type, ActionType::None | ActionType::Cancel),
        Change::Remove => addon.action_type == ActionType::Cancel,
    };
    let named = service.id.split_once(':').map_or("", |(_, code)| code).trim();
    match (addons.iter().find(has_action), named, addons) {
        (Some(addon), _, _) | (None, "", [addon]) => Ok((addon_code(addon)?, addon.quantity)),
        (None, "", _) => Err(ServiceError::new(
            ErrorCode::BadRequest,
            "The request identifies no add-on: no entry of Addons has an ActionType for this endpoint, and ID has no add-on after a colon. Send one of them.",
        )),
        (None, named, _) => Ok((named.to_owned(), None)),
    }
}
