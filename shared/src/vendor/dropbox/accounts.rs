//! Accounts: Dropbox has none. Synchronization checks the form, calls nobody, and gives a stable id; what the account said
//! is kept, and told with the first order.

use crate::bss::AccountDefinition;
use crate::domain::account::{Role, Wish};
use crate::domain::error::Failure;
use crate::domain::error_code::Code;
use crate::domain::ids::ExternalId;
use crate::store::AccountRecord;
use crate::vendor::{AccountGoal, Next, Presence};

/// The sync option that holds the email address.
pub const LOGIN_OPTION: &str = "email";

/// The sync option that names the reseller of a customer.
pub const PARENT_OPTION: &str = "parent";

const PREFIX: &str = "dropbox-";

/// An account of a request, checked.
pub fn account_wish(account: &AccountDefinition) -> Result<Wish, Failure> {
    let wish = Wish::parse(account, LOGIN_OPTION)?;
    let parent = account.sync_options.get(PARENT_OPTION).is_some_and(|parent| !parent.trim().is_empty());
    if wish.role == Role::Reseller && parent {
        return Err(Failure::new(
            Code::RoleInvalid,
            "A reseller has no Parent Account. Leave it blank in the account's Sync Options, or set the Role to User.",
        ));
    }
    Ok(wish)
}

/// The account of that id: there, if our record has it.
pub fn look(id: &ExternalId, record: Option<&AccountRecord>) -> Option<Presence> {
    let known = record.and_then(|record| record.external_id.as_ref());
    known.filter(|known| *known == id).map(|id| Presence { id: id.clone(), invalid: None })
}

/// The account's id, if its form is right.
pub fn next(goal: &AccountGoal<'_>) -> Result<Next<ExternalId>, Failure> {
    if goal.reseller_id.is_none() {
        return Err(Failure::new(
            Code::ResellerIdInvalid,
            "The Reseller ID is missing. Enter the reseller's id of the Dropbox Partner Portal in the account's Sync Options.",
        ));
    }
    match goal.id {
        Some(id) if id.as_str().starts_with(PREFIX) => Ok(Next::Done(id.clone())),
        Some(id) => Err(Failure::new(Code::Gone, format!("{id} is not an id of this service manager."))),
        None => {
            let account = goal.reference.split_once('/').map_or(goal.reference, |(_, account)| account);
            let id = ExternalId::parse(&format!("{PREFIX}{account}"));
            id.map(Next::Done).ok_or_else(|| {
                Failure::new(Code::BadRequest, "The account's ID is too long: it must be the BSS's own id.")
            })
        }
    }
}
