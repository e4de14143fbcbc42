//! Ownership: an object at the vendor has one account.

use crate::app::request::RequestContext;
use crate::domain::account::Role;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::store::AccountKey;

/// Returns `false` only with the feature `adopt-any-owner`, with which tests see that they find such a defect.
pub const fn checks_owners() -> bool {
    !cfg!(feature = "adopt-any-owner")
}

/// Refuses an object that carries the reference of another account which still holds it, although no link says so.
///
/// # Errors
/// [`ErrorCode::ExternalIdTaken`]; the errors of reading the vendor.
pub async fn ensure_not_referenced_elsewhere(
    call: &RequestContext<'_>,
    key: &AccountKey,
    role: Role,
    id: &ExternalId,
) -> Result<(), ServiceError> {
    match call.app.vendor.get_account(&call.vendor_context(), role, id, None).await? {
        Some(shown) => ensure_reference_free(call, key, id, &shown.reference).await,
        None => Ok(()),
    }
}

/// Refuses an object whose `reference` names another account which still holds it.
///
/// # Errors
/// [`ErrorCode::ExternalIdTaken`].
pub async fn ensure_reference_free(
    call: &RequestContext<'_>,
    key: &AccountKey,
    id: &ExternalId,
    reference: &str,
) -> Result<(), ServiceError> {
    let Some(named) = AccountKey::from_reference(reference).filter(|named| named != key && checks_owners()) else {
        return Ok(());
    };
    if call.app.store.account(&named).await?.is_none_or(|record| record.external_id.as_ref() != Some(id)) {
        return Ok(());
    }
    let (holder, advice) = if named.application == key.application {
        (format!("the account {} of the platform", named.account), "Delete that account first")
    } else {
        ("an account of another installation of the platform, or of an MSP's portal".to_owned(), "End it there first")
    };
    Err(ServiceError::new(
        ErrorCode::ExternalIdTaken,
        format!("{id} at the vendor is linked with {holder}. {advice}, or use another email address."),
    ))
}
