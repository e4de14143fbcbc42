//! The rules for a subscription's state: which orders are allowed, and which have nothing to do.

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::SubscriptionId;
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::provisioning::absence::trusts_first_answer;
use crate::store::AccountRecord;

/// Returns `true` if a termination has nothing to end: the subscription or add-on has ended, or its creation never began.
pub(super) fn is_no_op(
    order: &Order,
    current: Option<&SubscriptionRecord>,
    account: &AccountRecord,
    id: &SubscriptionId,
) -> bool {
    let has_begun = account.live_subscription.as_ref() == Some(id);
    let ended = |current: &SubscriptionRecord| match (&order.desired.removed_addon, current.state) {
        (_, SubscriptionState::Cancelled) => true,
        (Some(code), SubscriptionState::Suspended) => current.addons.iter().all(|addon| addon.code != *code),
        (_, SubscriptionState::Suspended | SubscriptionState::Live) => false,
    };
    match current {
        Some(current) => order.is_termination() && ended(current) && !(has_begun && order.kind == OrderKind::Cancel),
        None => order.is_termination() && !has_begun,
    }
}

/// Returns `true` if a cancellation repeats one that is on record, and the account still has the object that it ended. Then
/// the vendor is read: the record may be wrong.
pub(super) fn is_verifiable(
    order: &Order,
    current: Option<&SubscriptionRecord>,
    account: &AccountRecord,
    id: &SubscriptionId,
) -> bool {
    let object = account.tenant.as_ref().map(|tenant| &tenant.id).or(account.external_id.as_ref());
    let ended = current.is_some_and(|current| {
        let of_object = object.is_some_and(|object| current.external_id == id.to_external_id(object));
        current.state == SubscriptionState::Cancelled && of_object
    });
    order.kind == OrderKind::Cancel && account.live_subscription.is_none() && ended && !trusts_first_answer()
}

/// Checks that an order fits the state of the subscription, and that the account has no other live subscription.
pub(super) fn check_transition(
    kind: OrderKind,
    current: Option<&SubscriptionRecord>,
    account: &AccountRecord,
    id: &SubscriptionId,
) -> Result<(), ServiceError> {
    let conflict = |message: &str| Err(ServiceError::new(ErrorCode::StateConflict, message));
    match (kind, current.map(|current| current.state)) {
        (OrderKind::Update | OrderKind::Activate | OrderKind::Suspend, None) => Err(ServiceError::new(
            ErrorCode::SubscriptionUnknown,
            format!("The subscription {id} was never provisioned. Press Retry on its creation first."),
        )),
        (OrderKind::Update, Some(SubscriptionState::Cancelled)) => {
            conflict("The subscription is cancelled and can't be changed. Activate it first.")
        }
        (OrderKind::Update, Some(SubscriptionState::Suspended)) => {
            conflict("The subscription is suspended and can't be changed. Activate it first.")
        }
        (OrderKind::Suspend, Some(SubscriptionState::Cancelled)) => {
            conflict("The subscription is cancelled and can't be suspended.")
        }
        (OrderKind::Create | OrderKind::Update | OrderKind::Activate, _) => match &account.live_subscription {
            Some(live) if live != id => Err(ServiceError::new(
                ErrorCode::SubscriptionExists,
                format!(
                    "The account already has the subscription {live}, and the vendor allows one per account. Change that subscription, or cancel it first."
                ),
            )),
            Some(_) | None => Ok(()),
        },
        (OrderKind::Suspend | OrderKind::Cancel, _) => Ok(()),
    }
}
