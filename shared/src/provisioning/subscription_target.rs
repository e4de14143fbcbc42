//! Resolves the subscription, the account and the ids of an order.

use crate::app::request::RequestContext;
use crate::domain::account::Role;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::{AccountId, ExternalId, SubscriptionId};
use crate::domain::order::Order;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountKey, AccountRecord, SubscriptionKey, VendorTenant};

/// The subscription of an order.
pub(super) struct OrderTarget {
    /// Its id.
    pub id: SubscriptionId,
    /// The account that owns it.
    pub account: AccountId,
    /// Its record; `None` if there is none yet.
    pub record: Option<SubscriptionRecord>,
}

/// Returns the records of the account and of the subscription that an order names by their own ids, as they were at one
/// moment: of an account that has not changed since, the subscription is the current one.
pub(super) async fn named_records(
    call: &RequestContext<'_>,
    order: &Order,
) -> Result<(Option<AccountRecord>, Option<SubscriptionRecord>), ServiceError> {
    let account = order.account.clone().map(|account| AccountKey { application: call.application, account });
    match (account, &order.target.id) {
        (Some(account), Some(id)) => {
            let subscription = SubscriptionKey { application: call.application, subscription: id.clone() };
            Ok(call.app.store.account_and_subscription(&account, &subscription).await?)
        }
        (Some(account), None) => Ok((call.app.store.account(&account).await?, None)),
        (None, Some(id)) => Ok((None, subscription(call, id).await?)),
        (None, None) => Ok((None, None)),
    }
}

/// Returns the subscription of an order, whose record by its own id is `record`, and its account. `None` if a termination names
/// a subscription that is not recorded.
///
/// # Errors
/// [`ErrorCode::StateConflict`] if the subscription belongs to another account; [`ErrorCode::BadRequest`] if an id is
/// missing.
pub(super) async fn resolve_target(
    call: &RequestContext<'_>,
    order: &Order,
    mut record: Option<SubscriptionRecord>,
) -> Result<Option<OrderTarget>, ServiceError> {
    let target = &order.target;
    if let (None, Some(external)) = (&record, &target.external_id) {
        record = call.app.store.subscription_of(call.application, external).await?;
    }
    // Only if its own id is absent: a failed replacement must not be treated as the subscription that it replaces.
    if let (None, None, Some(id)) = (&record, &target.id, &target.original_id) {
        record = subscription(call, id).await?;
    }
    match (record, &target.id, &order.account) {
        (Some(record), _, Some(account)) if record.account != *account => Err(ServiceError::new(
            ErrorCode::StateConflict,
            format!(
                "The subscription {} belongs to the account {}, not to {account}. Place the order for the account that owns it.",
                record.id, record.account
            ),
        )),
        (Some(record), _, _) => {
            let (id, account) = (record.id.clone(), record.account.clone());
            Ok(Some(OrderTarget { id, account, record: Some(record) }))
        }
        (None, Some(id), Some(account)) => {
            Ok(Some(OrderTarget { id: id.clone(), account: account.clone(), record: None }))
        }
        (None, Some(_) | None, _) if order.is_termination() => Ok(None),
        (None, None, _) => Err(ServiceError::new(
            ErrorCode::BadRequest,
            "SubscriptionID is missing: it must be the BSS's own id of the subscription.",
        )),
        (None, Some(_), None) => Err(ServiceError::new(
            ErrorCode::BadRequest,
            "Account.ID is missing: it must be the BSS's own id of the account.",
        )),
    }
}

/// Reads the record of a subscription.
pub(super) async fn subscription(
    call: &RequestContext<'_>,
    id: &SubscriptionId,
) -> Result<Option<SubscriptionRecord>, ServiceError> {
    let key = SubscriptionKey { application: call.application, subscription: id.clone() };
    Ok(call.app.store.subscription(&key).await?)
}

/// Returns the subscription's external id for the BSS. It never changes.
pub(super) fn bss_external_id(
    current: Option<&SubscriptionRecord>,
    id: &SubscriptionId,
    tenant: Option<&VendorTenant>,
    vendor_id: &ExternalId,
) -> ExternalId {
    let tenant = tenant.map_or(vendor_id, |tenant| &tenant.id);
    current.map_or_else(|| id.to_external_id(tenant), |current| current.external_id.clone())
}

/// Returns the account's id at the vendor. An account that was linked by `accounts/exists` has no record yet; then the id
/// in the request is used, and the vendor is read before any change. If the vendor creates accounts with the first order,
/// only the record is used.
pub(super) fn vendor_id(
    call: &RequestContext<'_>,
    account: Option<&AccountRecord>,
    order: &Order,
) -> Result<ExternalId, ServiceError> {
    if account.is_some_and(|account| account.role == Role::Reseller) {
        return Err(ServiceError::new(
            ErrorCode::RoleInvalid,
            "The account is a reseller at the vendor. Order the subscription for one of its customers.",
        ));
    }
    let recorded = account.and_then(|account| account.external_id.clone());
    let claimed = order.claimed_external_id.clone().filter(|_| !call.app.vendor.creates_account_on_first_order());
    recorded.or(claimed).ok_or_else(|| {
        ServiceError::new(
            ErrorCode::AccountUnknown,
            "The account is not synchronized with the vendor. Save & Synchronize it in its Sync Options, then press Retry.",
        )
    })
}
