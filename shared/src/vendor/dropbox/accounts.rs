//! Accounts: Dropbox has none. A synchronization validates the account, makes no request, and returns a stable id. The
//! account's details are stored, and sent with the first order.

use crate::bss::AccountDefinition;
use crate::domain::account::{DesiredAccount, Role};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::store::AccountRecord;
use crate::vendor::{AccountPresence, AccountTarget, NextStep};

/// Sync option that holds the email address.
pub const LOGIN_OPTION: &str = "email";

/// Sync option that names the reseller of a customer.
pub const PARENT_OPTION: &str = "parent";

const PREFIX: &str = "dropbox-";

/// Parses and validates the account of a request.
pub fn desired_account(account: &AccountDefinition) -> Result<DesiredAccount, ServiceError> {
    let desired = DesiredAccount::parse(account, LOGIN_OPTION)?;
    let parent = account.sync_options.get(PARENT_OPTION).is_some_and(|parent| !parent.trim().is_empty());
    if desired.role == Role::Reseller && parent {
        return Err(ServiceError::new(
            ErrorCode::RoleInvalid,
            "A reseller cannot have a Parent Account. Leave the Parent Account blank, or set the Role to User. If you cannot change them, contact your provider.",
        ));
    }
    Ok(desired)
}

/// Returns the account with that id, if it is on our record.
pub fn get_account(id: &ExternalId, record: Option<&AccountRecord>) -> Option<AccountPresence> {
    let recorded = record.and_then(|record| record.external_id.as_ref());
    recorded.filter(|recorded| *recorded == id).map(|id| AccountPresence {
        id: id.clone(),
        unusable_reason: None,
        reference: String::new(),
    })
}

/// Returns the account's id. No change at the vendor is needed.
///
/// # Errors
/// [`ErrorCode::ResellerIdInvalid`] without a Reseller ID, [`ErrorCode::MissingAtVendor`] for an id that is not ours.
pub fn next_for_account(target: &AccountTarget<'_>) -> Result<NextStep<ExternalId>, ServiceError> {
    if target.reseller_id.is_none() {
        return Err(ServiceError::new(
            ErrorCode::ResellerIdInvalid,
            "The Reseller ID is missing. Enter the reseller's id from the Dropbox Partner Portal in the account's Sync Options.",
        ));
    }
    match target.id {
        Some(id) if id.as_str().starts_with(PREFIX) => Ok(NextStep::Converged(id.clone())),
        Some(id) => Err(ServiceError::new(
            ErrorCode::MissingAtVendor,
            format!(
                "The external id {id} was not issued by this service manager. Clear the external id of the account, then Save & Synchronize it."
            ),
        )),
        None => {
            let account = target.reference.split_once('/').map_or(target.reference, |(_, account)| account);
            let id = ExternalId::parse(&format!("{PREFIX}{account}"));
            id.map(NextStep::Converged).ok_or_else(|| {
                ServiceError::new(ErrorCode::BadRequest, "The account's ID is too long. It must be the BSS's own id.")
            })
        }
    }
}
