//! Ownership: an object at the vendor has one account, and a company one channel that sells to it.

use crate::app::request::RequestContext;
use crate::domain::account::Role;
use crate::domain::channel::{checks_owners, is_of_another_channel};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::domain::vendor_id::{Instance, VendorId};
use crate::store::{AccountKey, AccountRecord, AgreementLink};
use crate::vendor::other_channel_error;

/// Returns the id of an account's object in the whole table. If the vendor has no accounts, the installation itself gives out
/// their ids, which are unique within it.
///
/// # Errors
/// [`ErrorCode::SettingInvalid`] if the settings name no instance.
pub fn account_object(call: &RequestContext<'_>, id: &ExternalId) -> Result<VendorId, ServiceError> {
    if call.app.vendor.creates_account_on_first_order() {
        return Ok(VendorId { instance: Instance::of_installation(call.application), id: id.clone() });
    }
    call.app.vendor.identify(&call.vendor_context(), id.clone())
}

/// Refuses an object that is linked with another account, of any installation or MSP, and an object of another instance than
/// the one that the account is recorded with: equal ids mean different customers there.
///
/// # Errors
/// [`ErrorCode::ExternalIdTaken`]; [`ErrorCode::SettingInvalid`].
pub async fn ensure_not_linked_elsewhere(
    call: &RequestContext<'_>,
    key: &AccountKey,
    record: Option<&AccountRecord>,
    id: &ExternalId,
) -> Result<(), ServiceError> {
    let object = account_object(call, id)?;
    let recorded = record.filter(|record| record.external_id.is_some()).and_then(|record| record.instance.as_ref());
    if recorded.is_some_and(|recorded| *recorded != object.instance) {
        return Err(ServiceError::new(
            ErrorCode::SettingInvalid,
            "The account's customer is at another host of the vendor than the one that the integration's settings name (API URL). Set the previous API URL again. To move the customer, cancel its subscription, delete the account, and create it again with the new API URL.",
        ));
    }
    if recorded.is_some() && record.and_then(|record| record.external_id.as_ref()) == Some(id) {
        return Ok(());
    }
    match call.app.store.holder(call.application, &object).await? {
        Some(holder) if holder != *key && checks_owners() => Err(taken_error(call, &holder, id)),
        Some(_) | None => Ok(()),
    }
}

/// Refuses an object that carries another owner's reference, although no link says so. Returns `true` if it carries the
/// account's own: only what we created for the account does.
///
/// # Errors
/// [`ErrorCode::ExternalIdTaken`]; the errors of reading the vendor.
pub async fn ensure_not_referenced_elsewhere(
    call: &RequestContext<'_>,
    key: &AccountKey,
    role: Role,
    id: &ExternalId,
) -> Result<bool, ServiceError> {
    match call.app.vendor.get_account(&call.vendor_context(), role, id, None).await? {
        Some(shown) => {
            ensure_reference_free(call, key, id, &shown.reference).await?;
            Ok(shown.reference == key.reference())
        }
        None => Ok(false),
    }
}

/// Refuses an object whose `reference` names another channel, or another account of the installation which still holds it.
///
/// # Errors
/// [`ErrorCode::ExternalIdTaken`].
pub async fn ensure_reference_free(
    call: &RequestContext<'_>,
    key: &AccountKey,
    id: &ExternalId,
    reference: &str,
) -> Result<(), ServiceError> {
    if is_of_another_channel(reference, &key.reference()) {
        return Err(other_channel_error(id));
    }
    let Some(named) = AccountKey::from_reference(reference).filter(|named| named != key && checks_owners()) else {
        return Ok(());
    };
    match call.app.store.account(&named).await? {
        Some(record) if record.external_id.as_ref() == Some(id) => Err(taken_error(call, &named, id)),
        Some(_) | None => Ok(()),
    }
}

fn taken_error(call: &RequestContext<'_>, holder: &AccountKey, id: &ExternalId) -> ServiceError {
    if holder.application != call.application {
        return other_channel_error(id);
    }
    ServiceError::new(
        ErrorCode::ExternalIdTaken,
        format!(
            "{id} at the vendor is linked with the account {} of the platform. Delete that account first, or use another email address.",
            holder.account
        ),
    )
}

/// Refuses to begin a subscription of an account whose `link` leads to a company to which its MSP has sold one in the portal.
///
/// # Errors
/// [`ErrorCode::ExternalIdTaken`].
pub(super) async fn ensure_not_sold_in_portal(
    call: &RequestContext<'_>,
    account: &AccountRecord,
    link: Option<AgreementLink>,
) -> Result<(), ServiceError> {
    let Some(link) = link.filter(|_| account.live_subscription.is_none() && checks_owners()) else { return Ok(()) };
    let Some(sold) = AccountKey::of_company(link.msp, link.company) else { return Ok(()) };
    if sold == account.key() || call.app.store.live_subscription(&sold).await?.is_none() {
        return Ok(());
    }
    Err(ServiceError::new(
        ErrorCode::ExternalIdTaken,
        format!(
            "The account is linked with the company {} of an MSP, which has sold the company a subscription in its portal. Change that subscription in the portal. To sell it here instead, the MSP ends it there first, or deletes the account's link at portal/links/delete.",
            link.company
        ),
    ))
}
