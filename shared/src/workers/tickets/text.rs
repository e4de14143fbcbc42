//! What tickets say, to whoever works on them. On one line: ConnectWise shows no other.

use jiff::Timestamp;

use crate::domain::action::timeline::FailedAttempt;
use crate::domain::action::{ActionKey, Kind};
use crate::store::{ActionRecord, FailuresRecord};

/// The most mailboxes that a ticket lists.
const MAX_LISTED: usize = 1000;

/// Words of errors, in lower case, and what is to be done about them; the last is for all others.
const ADVICE: [(&[&str], &str); 4] = [
    (
        &["auth", "password", "credential", "login", "permission", "consent"],
        "The mailbox's password or authorization is not accepted any more and needs renewing: enter it anew in the Dropsuite portal, under the mailbox's connection.",
    ),
    (
        &["space", "quota", "storage"],
        "There is no space left: choose a larger plan, or remove mailboxes that need no backup.",
    ),
    (
        &["connect", "timeout", "timed out", "unreachable", "refused"],
        "Dropsuite can't reach the mail server: check that it is up, that its host and port are right in the Dropsuite portal, and that no firewall keeps Dropsuite out.",
    ),
    (&[""], "Look at the mailbox in the Dropsuite portal. If it does not mend itself, write to support@dropsuite.com."),
];

/// What it is about, in short.
pub fn summary(record: &ActionRecord, last: &FailedAttempt) -> String {
    format!("{} of {} fails: {}", title(record.key.kind), record.mailbox.address, last.error)
}

/// What happened and what to do.
pub fn description(record: &ActionRecord, first: &FailedAttempt, last: &FailedAttempt) -> String {
    let ActionKey { kind, .. } = record.key;
    format!(
        "Mailbox: {}. Organization: {}. The {kind} fails since {} (attempt {}): {}. What to do: {} \
         This ticket closes itself when the {kind} works again. Action {}.",
        record.mailbox.address,
        record.mailbox.organization,
        moment(first.at),
        last.attempt,
        sentence(&last.error),
        advice(&last.error),
        record.key,
    )
}

/// Another attempt.
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

/// It works again.
pub fn works_again(record: &ActionRecord) -> String {
    let at = record.timeline.end.as_ref().map_or(record.updated_at, |end| end.at);
    format!("The {} of {} works again since {}.", record.key.kind, record.mailbox.address, moment(at))
}

/// It is not tried any more.
pub fn given_up(record: &ActionRecord, reason: &str) -> String {
    format!("The {} of {} is not tried any more: {}.", record.key.kind, record.mailbox.address, sentence(reason))
}

/// Many fail together.
pub fn summary_of_many(record: &FailuresRecord) -> String {
    format!("Backups of {} mailboxes of organization {} fail", record.grouped().count(), record.organization)
}

/// All of them, and what to do.
pub fn description_of_many(record: &FailuresRecord) -> String {
    let count = record.grouped().count();
    let listed: Vec<_> = record.grouped().take(MAX_LISTED).map(|(_, action)| action.address.as_str()).collect();
    let rest = count.saturating_sub(listed.len());
    let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    let error = record.grouped().map(|(_, action)| action.error.as_str()).next().unwrap_or_default();
    format!(
        "{count} mailboxes of organization {} fail together since {}; most likely the whole connection is broken, not each \
         mailbox. The first says: {}. What to do: {} This ticket closes itself when all of them work again. Mailboxes: {}{rest}.",
        record.organization,
        record.grouped_since.map(moment).unwrap_or_default(),
        sentence(error),
        advice(error),
        listed.join(", "),
    )
}

/// More fail than before.
pub fn more_of_many(record: &FailuresRecord) -> String {
    format!("Backups of up to {} mailboxes of organization {} fail.", record.grouped_peak, record.organization)
}

/// None of many fails any more.
pub fn all_work_again() -> String {
    "All mailboxes that failed together work again, or are not backed up any more.".to_owned()
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

fn advice(error: &str) -> &'static str {
    let error = error.to_lowercase();
    let known = ADVICE.iter().find(|(words, _)| words.iter().any(|word| error.contains(word)));
    known.map_or("", |(_, advice)| advice)
}

/// Without the full stop that the vendor may have put.
fn sentence(text: &str) -> &str {
    text.trim().trim_end_matches('.')
}

fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_reads_it_knows_what_to_do() {
        assert!(advice("Authentication Error: invalid password").contains("needs renewing"));
        assert!(advice("IMAP connection failed").contains("mail server"));
        assert!(advice("Space Full").contains("larger plan"));
        assert!(advice("Tomorrow's error").contains("support@dropsuite.com"));
    }
}
