//! Orders that end a subscription whose record is missing: it was never provisioned, or its record was lost, and the vendor
//! goes on billing.

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{ExternalId, SubscriptionId};
use crate::domain::order::{Order, OrderKind};
use crate::domain::subscription_record::SubscriptionState;
use crate::provisioning::absence::trusts_first_answer;
use crate::provisioning::subscription_convergence::account_details;
use crate::provisioning::subscription_target::subscription;
use crate::store::AccountRecord;

/// Returns the external id that a termination of a subscription without a record answers, if it was never provisioned: the
/// subscription's own id.
///
/// # Errors
/// [`ErrorCode::SubscriptionUnknown`] if the request names an external id, which the BSS has of provisioned subscriptions
/// only; [`ErrorCode::BadRequest`] if it names no subscription.
pub(super) fn never_provisioned(order: &Order) -> Result<ExternalId, ServiceError> {
    let target = &order.target;
    if let Some(external) = &target.external_id {
        return if trusts_first_answer() { Ok(external.clone()) } else { Err(unrecorded_error(external)) };
    }
    let id = target.id.as_ref().and_then(|id| ExternalId::parse(id.as_str()));
    id.ok_or_else(|| {
        ServiceError::new(ErrorCode::BadRequest, "The request names no subscription: SubscriptionID and ID are empty.")
    })
}

/// Returns what a termination answers if its account has no record. `unknown_account` is the refusal for that.
pub(super) async fn end_without_account(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    unknown_account: ServiceError,
) -> Result<ExternalId, ServiceError> {
    match subscription(call, id).await? {
        Some(current) if current.state == SubscriptionState::Cancelled => Ok(current.external_id),
        None if order.target.external_id.is_none() => never_provisioned(order),
        Some(_) | None => Err(unknown_account),
    }
}

/// Returns what a termination answers if neither a record nor the account shows what it ends. A vendor whose tenants carry no
/// reference of ours is only read: a tenant that has ended there counts as ended.
///
/// # Errors
/// [`ErrorCode::SubscriptionUnknown`]; the errors of reading the vendor.
pub(super) async fn end_unrecorded(
    call: &RequestContext<'_>,
    order: &Order,
    id: &SubscriptionId,
    account: &AccountRecord,
) -> Result<ExternalId, ServiceError> {
    let Some(external) = &order.target.external_id else { return never_provisioned(order) };
    if order.kind == OrderKind::Cancel
        && let Some(reseller) = account_details(call, order, account).await?.reseller_id
    {
        let is_meant = |tenant: &ExternalId| id.to_external_id(tenant) == *external;
        if call.app.vendor.is_tenant_live(&call.vendor_context(), &reseller, is_meant).await? == Some(false) {
            return Ok(external.clone());
        }
    }
    Err(unrecorded_error(external))
}

fn unrecorded_error(external: &ExternalId) -> ServiceError {
    ServiceError::new(
        ErrorCode::SubscriptionUnknown,
        format!(
            "The subscription {external} was provisioned, but its record is missing. Nothing was changed, and the vendor may still bill it. Restore the record, or end the subscription at the vendor; then press Retry."
        ),
    )
}
