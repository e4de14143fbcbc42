//! Texts of tickets and notes, for the technicians who work on them. Each text has one line, because ConnectWise shows no
//! other.

use jiff::Timestamp;

use crate::domain::action::error_kind::ErrorKind;
use crate::domain::action::timeline::FailedAttempt;
use crate::domain::action::{ActionKey, Kind};
use crate::domain::vendor_id::VendorId;
use crate::http_client::one_line;
use crate::store::{ActionRecord, FailuresRecord};

/// Returns the summary of an action's ticket.
pub fn summary(record: &ActionRecord, last: &FailedAttempt) -> String {
    format!("{} of {} fails: {}", title(record.key.kind), record.mailbox.address, one_line(&last.error))
}

/// Returns the description of an action's ticket: what happened and what to do.
pub fn description(record: &ActionRecord, first: &FailedAttempt, last: &FailedAttempt) -> String {
    let ActionKey { kind, .. } = record.key;
    format!(
        "Mailbox: {}. Organization: {}. The {kind} has been failing since {} (attempt {}): {}. What to do: {} \
         This ticket closes automatically when the {kind} works again. Action {}.",
        record.mailbox.address,
        record.mailbox.organization.id,
        moment(first.at),
        last.attempt,
        sentence(&last.error),
        advice(&last.error),
        record.key,
    )
}

/// Returns the note on another failed attempt.
pub fn attempt(record: &ActionRecord, last: &FailedAttempt) -> String {
    format!(
        "Attempt {} of the {} of {} failed at {}: {}.",
        last.attempt,
        record.key.kind,
        record.mailbox.address,
        moment(last.at),
        sentence(&last.error)
    )
}

/// Returns the resolution note of an action that works again.
pub fn recovered(record: &ActionRecord) -> String {
    let at = record.timeline.end.as_ref().map_or(record.updated_at, |end| end.at);
    format!("The {} of {} has been working again since {}.", record.key.kind, record.mailbox.address, moment(at))
}

/// Returns the resolution note of an abandoned action.
pub fn abandoned(record: &ActionRecord, reason: &str) -> String {
    format!("The {} of {} is not retried any more: {}.", record.key.kind, record.mailbox.address, sentence(reason))
}

/// Returns the resolution note of tickets of an organization without a live subscription.
pub fn unsubscribed(organization: &VendorId) -> String {
    format!(
        "The subscription of organization {} has ended. No tickets are opened for its mailboxes any more.",
        organization.id
    )
}

/// Returns the resolution note of tickets of an organization that has left the MSP for another reseller.
pub fn has_left(organization: &VendorId) -> String {
    format!(
        "The organization {} is another reseller's now. No tickets are opened for its mailboxes here any more.",
        organization.id
    )
}

/// Returns the summary of a group ticket.
pub fn group_summary(record: &FailuresRecord) -> String {
    format!("Backups of {} mailboxes of organization {} fail", record.grouped_count, record.organization.id)
}

/// Returns the description of a group ticket: the mailboxes and what to do.
pub fn group_description(record: &FailuresRecord) -> String {
    let count = record.grouped_count;
    let rest = count.saturating_sub(record.sample.len());
    let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    let error = record.sample_error.as_deref().unwrap_or_default();
    format!(
        "{count} mailboxes of organization {} have been failing together since {}; the likely cause is the organization's \
         connection, not the mailboxes. First error: {}. What to do: {} This ticket closes automatically when all of them \
         work again. Mailboxes: {}{rest}.",
        record.organization.id,
        record.grouped_since.map(moment).unwrap_or_default(),
        sentence(error),
        advice(error),
        record.sample.join(", "),
    )
}

/// Returns the note on a group that has grown.
pub fn group_progress(record: &FailuresRecord) -> String {
    format!("Backups of up to {} mailboxes of organization {} fail.", record.grouped_peak, record.organization)
}

/// Returns the resolution note of a group ticket while mailboxes fail of which the MSP wants no ticket.
pub fn only_snoozed_fail() -> String {
    "All mailboxes that failed together work again, or are no longer backed up, but for those that are snoozed."
        .to_owned()
}

/// Returns the resolution note of a group ticket.
pub fn group_recovered() -> String {
    "All mailboxes that failed together work again, or are no longer backed up.".to_owned()
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Backup => "Backup",
        Kind::Archive => "Archive",
        Kind::Restore => "Restore",
        Kind::Migrate => "Migration",
        Kind::Download => "Download",
    }
}

/// Returns what to do about an error.
fn advice(error: &str) -> &'static str {
    match ErrorKind::of(error) {
        ErrorKind::Authentication => {
            "The mailbox's password or authorization is no longer accepted and needs renewing: enter it again in the Dropsuite portal, under the mailbox's connection."
        }
        ErrorKind::Storage => "There is no space left: choose a larger plan, or remove mailboxes that need no backup.",
        ErrorKind::Connection => {
            "Dropsuite can't reach the mail server: check that it is up, that its host and port are correct in the Dropsuite portal, and that no firewall blocks Dropsuite."
        }
        ErrorKind::Overdue | ErrorKind::Incomplete | ErrorKind::Other => {
            "Check the mailbox in the Dropsuite portal. If the error persists, contact support@dropsuite.com."
        }
    }
}

/// Returns the text on one line, without the vendor's full stop.
fn sentence(text: &str) -> String {
    one_line(text).trim_end_matches('.').to_owned()
}

/// Returns a time for people.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_has_advice() {
        assert!(advice("Authentication Error: invalid password").contains("needs renewing"));
        assert!(advice("IMAP connection failed").contains("mail server"));
        assert!(advice("Space Full").contains("larger plan"));
        assert!(advice("Tomorrow's error").contains("support@dropsuite.com"));
    }
}
