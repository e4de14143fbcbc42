//! The rules for a subscription's state: which orders are allowed, and which have nothing to do.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, SubscriptionId};
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::domain::term::day;
use crate::provisioning::absence::trusts_first_answer;
use crate::provisioning::subscription_target::subscription;
use crate::store::AccountRecord;

/// The work that an order has left, as far as the records tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remaining {
    /// Nothing: what the order ends has ended, or its creation never began.
    Nothing,
    /// A cancellation of what has ended by its record, or has no record: the vendor is read, because the record may be wrong
    /// or lost.
    Verify,
    /// All of it.
    All,
    /// The order ends what was provisioned and has no record, and the account does not show which object it was.
    Unrecorded,
}

/// Returns what `order` has left to do for the subscription `id` of the account. `vendor_id` is the account's id at the vendor.
pub(super) fn remaining(
    order: &Order,
    current: Option<&SubscriptionRecord>,
    account: &AccountRecord,
    id: &SubscriptionId,
    vendor_id: &ExternalId,
) -> Remaining {
    if !order.is_termination() {
        return Remaining::All;
    }
    let has_begun = account.live_subscription.as_ref() == Some(id);
    let object = account.tenant.as_ref().map_or(vendor_id, |tenant| &tenant.id);
    let is_of_object = |external: &ExternalId| *external == id.to_external_id(object);
    let is_cancellation = order.kind == OrderKind::Cancel;
    match (current, &order.target.external_id) {
        (Some(current), _) if !has_ended(order, current) || has_begun && is_cancellation => Remaining::All,
        (Some(current), _) => {
            let ended = current.state == SubscriptionState::Cancelled && is_of_object(&current.external_id);
            let may_verify = account.external_id.is_some() && account.live_subscription.is_none();
            let verify = is_cancellation && ended && may_verify && !trusts_first_answer();
            if verify { Remaining::Verify } else { Remaining::Nothing }
        }
        (None, _) if has_begun => Remaining::All,
        // The BSS has an external id as soon as a subscription was provisioned. And an account has one live subscription, so
        // that any other has ended.
        (None, None) => Remaining::Nothing,
        (None, Some(_)) if account.live_subscription.is_some() || trusts_first_answer() => Remaining::Nothing,
        (None, Some(external)) if is_cancellation && is_of_object(external) => Remaining::Verify,
        (None, Some(_)) => Remaining::Unrecorded,
    }
}

/// Returns `true` if what a termination ends has ended by its record.
fn has_ended(order: &Order, current: &SubscriptionRecord) -> bool {
    match (&order.desired.removed_addon, current.state) {
        (_, SubscriptionState::Cancelled) => true,
        (Some(code), SubscriptionState::Suspended) => current.addons.iter().all(|addon| addon.code != *code),
        // The add-on ends with the term.
        (Some(_), SubscriptionState::Live) => current.ending_at().is_some(),
        (None, SubscriptionState::Suspended | SubscriptionState::Live) => false,
    }
}

/// Checks that an order fits the state of the subscription, as [`check_transition`] does. The refusal for an account whose other
/// subscription was cancelled for the end of its term says so.
pub(super) async fn ensure_fits(
    call: &RequestContext<'_>,
    kind: OrderKind,
    current: Option<&SubscriptionRecord>,
    account: &AccountRecord,
    id: &SubscriptionId,
) -> Result<(), ServiceError> {
    let Err(refusal) = check_transition(kind, current, account, id) else { return Ok(()) };
    let (ErrorCode::SubscriptionExists, Some(live)) = (refusal.code(), &account.live_subscription) else {
        return Err(refusal);
    };
    match subscription(call, live).await?.and_then(|other| other.ending_at()) {
        Some(end) => Err(ServiceError::new(
            ErrorCode::SubscriptionExists,
            format!(
                "The account's subscription {live} is cancelled, and ends with its term on {}. Activate it to keep it, or order again after that day.",
                day(end)
            ),
        )),
        None => Err(refusal),
    }
}

/// Checks that an order fits the state of the subscription, and that the account has no other live subscription.
fn check_transition(
    kind: OrderKind,
    current: Option<&SubscriptionRecord>,
    account: &AccountRecord,
    id: &SubscriptionId,
) -> Result<(), ServiceError> {
    let conflict = |message: &str| Err(ServiceError::new(ErrorCode::StateConflict, message));
    let end = current.and_then(SubscriptionRecord::ending_at);
    if let (OrderKind::Update | OrderKind::Suspend, Some(end)) = (kind, end) {
        return conflict(&format!(
            "The subscription is cancelled, and ends with its term on {}. It can't be changed. Activate it first.",
            day(end)
        ));
    }
    match (kind, current.map(|current| current.state)) {
        (OrderKind::Update | OrderKind::Activate | OrderKind::Suspend, None) => Err(ServiceError::new(
            ErrorCode::SubscriptionUnknown,
            format!(
                "There is no record of the subscription {id}. If its creation failed, press Retry on that first. If it was provisioned before, its record was lost: restore the record first."
            ),
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
