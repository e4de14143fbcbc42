//! Accounts: Dropbox has none. Synchronization checks the form, calls nobody, and gives a stable id; what the account said
//! is kept, and told with the first order.

use crate::bss::AccountDefinition;
use crate::domain::account::{Role, DesiredAccount};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::store::AccountRecord;
use crate::vendor::{AccountTarget, NextStep, AccountPresence};

/// The sync option that holds the email address.
pub const LOGIN_OPTION: &str = "email";

/// The sync option that names the reseller of a customer.
pub const PARENT_OPTION: &str = "parent";

const PREFIX: &str = "dropbox-";

/// An account of a request, checked.
pub fn account_wish(account: &AccountDefinition) -> Result<DesiredAccount, ServiceError> {
    let wish = DesiredAccount::parse(account, LOGIN_OPTION)?;
    let parent = account.sync_options.get(PARENT_OPTION).is_some_and(|parent| !parent.trim().is_empty());
    if wish.role == Role::Reseller && parent {
        return Err(ServiceError::new(
            ErrorCode::RoleInvalid,
            "A reseller has no Parent Account. Leave it blank in the account's Sync Options, or set the Role to User.",
        ));
    }
    Ok(wish)
}

/// The account of that id: there, if our record has it.
pub fn look(id: &ExternalId, record: Option<&AccountRecord>) -> Option<AccountPresence> {
    let known = record.and_then(|record| record.external_id.as_ref());
    known.filter(|known| *known == id).map(|id| AccountPresence { id: id.clone(), unusable_reason: None })
}

/// The account's id, if its form is right.
pub fn next(goal: &AccountTarget<'_>) -> Result<NextStep<ExternalId>, ServiceError> {
    if goal.reseller_id.is_none() {
        return Err(ServiceError::new(
            ErrorCode::ResellerIdInvalid,
            "The Reseller ID is missing. Enter the reseller's id of the Dropbox Partner Portal in the account's Sync Options.",
        ));
    }
    match goal.id {
        Some(id) if id.as_str().starts_with(PREFIX) => Ok(NextStep::Converged(id.clone())),
        Some(id) => Err(ServiceError::new(ErrorCode::MissingAtVendor, format!("{id} is not an id of this service manager."))),
        None => {
            let account = goal.reference.split_once('/').map_or(goal.reference, |(_, account)| account);
            let id = ExternalId::parse(&format!("{PREFIX}{account}"));
            id.map(NextStep::Converged).ok_or_else(|| {
                ServiceError::new(ErrorCode::BadRequest, "The account's ID is too long: it must be the BSS's own id.")
            })
        }
    }
}
