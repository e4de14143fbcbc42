//! Control operations for tests: add and remove mailboxes, set the state of their backups.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::fields::is_email;
use super::mailbox::MailboxKey;
use super::refusal::Refusal;
use super::state::State;

/// Mailboxes to add.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Added {
    /// A number of mailboxes, named `mailbox1`, `mailbox2` and so on, at the domain of the organization's e-mail
    /// address. Existing names are skipped.
    Count(usize),
    /// Mailboxes with these addresses.
    Emails(Vec<String>),
}

/// The new state of backups.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backups {
    /// A status of section 8, or any other. `Completed` clears the errors and sets the last backup to now. `Preparing
    /// Backup` removes the last backup. `Deactivated` sets `deactivated_since`; any other status clears it.
    pub status: String,
    /// A string is shown as an object, a list or a string, depending on the mailbox; `null` as `null` or as an empty
    /// one of these. Other values are shown unchanged.
    #[serde(default)]
    pub errors: Value,
    /// The addresses of the mailboxes. If absent, all mailboxes of the organization.
    #[serde(default)]
    pub mailboxes: Option<Vec<String>>,
}

impl Backups {
    fn concern(&self, email: &str) -> bool {
        let named = |emails: &Vec<String>| emails.iter().any(|named| named.eq_ignore_ascii_case(email));
        self.mailboxes.as_ref().is_none_or(named)
    }
}

/// Adds mailboxes to an organization.
pub fn add(state: &mut State, organization: &str, added: Added, now: Timestamp) -> Result<Vec<MailboxKey>, Refusal> {
    let owner = state.any_organization(organization)?;
    let present = state.mailboxes.of(organization).iter().map(|mailbox| mailbox.email.to_lowercase());
    let mut taken: HashSet<String> = present.collect();
    let emails: Vec<String> = match added {
        Added::Count(count) => {
            let domain = owner.email.split_once('@').map_or("example.com", |(_, domain)| domain);
            let counted = (1_u64..).map(|number| format!("mailbox{number}@{domain}"));
            counted.filter(|email| !taken.contains(&email.to_lowercase())).take(count).collect()
        }
        Added::Emails(emails) => {
            for email in &emails {
                if !is_email(email) {
                    return Err(Refusal::invalid("emails", &format!("{email} is invalid")));
                }
                if !taken.insert(email.to_lowercase()) {
                    return Err(Refusal::invalid("emails", &format!("{email} has already been taken")));
                }
            }
            emails
        }
    };
    Ok(emails.into_iter().map(|email| state.mailboxes.add(organization, email, now)).collect())
}

/// Sets the backups of an organization. Returns the mailboxes concerned.
pub fn set(
    state: &mut State,
    organization: &str,
    backups: &Backups,
    now: Timestamp,
) -> Result<Vec<MailboxKey>, Refusal> {
    state.any_organization(organization)?;
    if backups.status.trim().is_empty() {
        return Err(Refusal::invalid("status", "can't be blank"));
    }
    let own = state.mailboxes.of_mut(organization);
    let is_there = |named: &&String| own.iter().any(|mailbox| mailbox.email.eq_ignore_ascii_case(named));
    if let Some(stranger) = backups.mailboxes.iter().flatten().find(|named| !is_there(named)) {
        return Err(Refusal::invalid("mailboxes", &format!("{stranger} does not exist")));
    }
    let concerned = own.iter_mut().filter(|mailbox| backups.concern(&mailbox.email));
    let set = concerned.map(|mailbox| {
        mailbox.set_backup(&backups.status, &backups.errors, now);
        mailbox.key()
    });
    Ok(set.collect())
}

/// Removes a mailbox of an organization.
pub fn remove(state: &mut State, organization: &str, mailbox: u64) -> Result<MailboxKey, Refusal> {
    state.mailboxes.remove(organization, mailbox).ok_or(Refusal::NotFound)
}
