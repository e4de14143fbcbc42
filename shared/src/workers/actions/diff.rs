//! The difference between an organization's recorded failures and the mailboxes of a check. Pure.

use std::collections::{BTreeMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::domain::action::timeline::ActionEvent;
use crate::domain::action::{ActionKey, Kind, Mailbox};
use crate::domain::vendor_id::VendorId;
use crate::store::{FailingAction, FailureClass};
use crate::vendor::{BackupStatus, MailboxBackup, MailboxList};
use crate::workers::actions::ingest::ReportedEvent;

/// Time after which a second answer confirms a mailbox's absence, or the refusal of an MSP's tokens: less than the time between
/// two rounds, and more than the time between two attempts of one round.
pub const CONFIRMATION: SignedDuration = SignedDuration::from_mins(30);

/// The changes that follow from a check.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Events of actions.
    pub events: Vec<ReportedEvent>,
    /// Entries of backups that may fail, to be written.
    pub suspected: Vec<FailingAction>,
    /// Entries whose mailbox went missing or came back, to be written unless they were deleted meanwhile.
    pub marked: Vec<FailingAction>,
    /// Entries of backups that may fail, to be deleted: they fail, or do not.
    pub cleared: Vec<FailingAction>,
    /// Numbers of failed attempts among the events, by the rule by which they count as failed.
    pub rules: BTreeMap<&'static str, usize>,
}

/// The organization whose mailboxes are compared, and the time.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The vendor's region.
    pub region: &'a str,
    /// The organization.
    pub organization: &'a VendorId,
    /// Now.
    pub now: Timestamp,
}

impl Context<'_> {
    fn event(&self, key: ActionKey, address: &str, event: ActionEvent) -> ReportedEvent {
        let mailbox = Mailbox { organization: self.organization.clone(), address: address.to_owned() };
        ReportedEvent { key, mailbox, at: self.now, event }
    }

    /// Returns the changes that follow from the difference between the recorded failures and the mailboxes.
    pub fn diff(&self, known: &[FailingAction], list: &MailboxList) -> Changes {
        let mut by_key: BTreeMap<&ActionKey, &FailingAction> = BTreeMap::new();
        let mut changes = Changes::default();
        // Suspected ones come last, and give way to failures.
        for entry in known {
            if by_key.contains_key(&entry.key) {
                changes.cleared.push(entry.clone());
            } else {
                by_key.insert(&entry.key, entry);
            }
        }
        for mailbox in &list.mailboxes {
            let Some(key) = ActionKey::new(self.region, Kind::Backup, &mailbox.id) else { continue };
            let before = by_key.get(&key).copied();
            self.compare(&mut changes, key, mailbox, before);
        }
        if list.incomplete.is_none() {
            let seen = Seen::new(list);
            let missing = by_key.into_values().filter(|entry| entry.key.kind == Kind::Backup && !seen.contains(entry));
            for entry in missing {
                self.miss(&mut changes, entry);
            }
        }
        changes
    }

    fn compare(&self, changes: &mut Changes, key: ActionKey, mailbox: &MailboxBackup, before: Option<&FailingAction>) {
        let is_suspected = before.is_some_and(|before| before.class == FailureClass::Suspected);
        let attempt = match (&mailbox.backup, before) {
            (BackupStatus::Failing(failure), Some(before)) if is_suspected => {
                (self.now.duration_since(before.since) >= failure.delay).then_some(1)
            }
            (BackupStatus::Failing(failure), Some(before)) => {
                let is_other = before.error != FailingAction::truncate_error(&failure.error);
                is_other.then(|| before.attempt.saturating_add(1))
            }
            (BackupStatus::Failing(failure), None) => failure.delay.is_zero().then_some(1),
            (BackupStatus::Healthy | BackupStatus::Disabled | BackupStatus::Unknown, _) => None,
        };
        let event = match (&mailbox.backup, attempt) {
            (BackupStatus::Failing(failure), Some(attempt)) => {
                Some(ActionEvent::Failed { attempt, error: failure.error.clone() })
            }
            (BackupStatus::Healthy, _) if before.is_some() && !is_suspected => Some(ActionEvent::Completed),
            (BackupStatus::Disabled, _) if before.is_some() && !is_suspected => {
                Some(ActionEvent::Exhausted { reason: "the mailbox is no longer backed up".to_owned() })
            }
            (BackupStatus::Failing(_) | BackupStatus::Healthy | BackupStatus::Disabled | BackupStatus::Unknown, _) => {
                None
            }
        };
        let has_ended = matches!(mailbox.backup, BackupStatus::Healthy | BackupStatus::Disabled);
        if is_suspected && (event.is_some() || has_ended) {
            changes.cleared.extend(before.cloned());
        } else if event.is_none()
            && let Some(before) = before.filter(|before| before.missing_since.is_some())
        {
            changes.marked.push(FailingAction { missing_since: None, ..before.clone() });
        }
        if let (BackupStatus::Failing(failure), None, None) = (&mailbox.backup, before, &event) {
            changes.suspected.push(FailingAction {
                key: key.clone(),
                class: FailureClass::Suspected,
                address: mailbox.address.clone(),
                since: self.now,
                attempt: 0,
                error: FailingAction::truncate_error(&failure.error),
                error_kind: None,
                missing_since: None,
            });
        }
        if let (BackupStatus::Failing(failure), Some(_)) = (&mailbox.backup, &event) {
            *changes.rules.entry(failure.rule).or_default() += 1;
        }
        changes.events.extend(event.map(|event| self.event(key, &mailbox.address, event)));
    }

    /// The mailbox of an entry is not in the list. It may be a fault of the list, so only a later round proves it.
    fn miss(&self, changes: &mut Changes, entry: &FailingAction) {
        let is_proved = cfg!(feature = "trust-first-answer")
            || entry.missing_since.is_some_and(|since| self.now.duration_since(since) >= CONFIRMATION);
        match (is_proved, entry.class) {
            (false, _) if entry.missing_since.is_some() => {}
            (false, _) => changes.marked.push(FailingAction { missing_since: Some(self.now), ..entry.clone() }),
            (true, FailureClass::Suspected) => changes.cleared.push(entry.clone()),
            (true, FailureClass::Single | FailureClass::Grouped) => {
                let reason = "the mailbox no longer exists".to_owned();
                changes.events.push(self.event(entry.key.clone(), &entry.address, ActionEvent::Exhausted { reason }));
            }
        }
    }
}

/// The mailboxes of a list. A reported action may have another id than its mailbox, so the address counts as well.
struct Seen {
    ids: HashSet<String>,
    addresses: HashSet<String>,
}

impl Seen {
    fn new(list: &MailboxList) -> Self {
        Self {
            ids: list.mailboxes.iter().map(|mailbox| mailbox.id.clone()).collect(),
            addresses: list.mailboxes.iter().map(|mailbox| mailbox.address.to_lowercase()).collect(),
        }
    }

    fn contains(&self, entry: &FailingAction) -> bool {
        self.ids.contains(entry.key.id.as_str()) || self.addresses.contains(&entry.address.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::BackupFailure;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + 60 * minutes).unwrap()
    }

    fn mailbox(id: &str, backup: BackupStatus) -> MailboxBackup {
        MailboxBackup { id: id.to_owned(), address: format!("{id}@acme.example"), backup, last_backup: None }
    }

    fn failing(error: &str, delay: SignedDuration) -> BackupStatus {
        BackupStatus::Failing(BackupFailure { rule: "a_rule", error: error.to_owned(), delay })
    }

    fn entry(id: &str, class: FailureClass) -> FailingAction {
        FailingAction {
            key: format!("euwest.backup.{id}").parse().unwrap(),
            class,
            address: format!("{id}@acme.example"),
            since: at(0),
            attempt: u32::from(class != FailureClass::Suspected),
            error: "Connection Error".to_owned(),
            error_kind: None,
            missing_since: None,
        }
    }

    fn diff(minutes: i64, known: &[FailingAction], mailboxes: Vec<MailboxBackup>) -> Changes {
        let organization = VendorId::parse("440032-6").unwrap();
        let context = Context { region: "euwest", organization: &organization, now: at(minutes) };
        context.diff(known, &MailboxList { mailboxes, incomplete: None })
    }

    fn events(changes: &Changes) -> Vec<(&str, &ActionEvent)> {
        changes.events.iter().map(|event| (event.key.id.as_str(), &event.event)).collect()
    }

    #[test]
    fn only_changes_become_events() {
        let known: Vec<_> = ["1", "2", "3", "4", "5"].map(|id| entry(id, FailureClass::Single)).to_vec();
        let changes = diff(
            60,
            &known,
            vec![
                mailbox("1", failing("Connection Error", SignedDuration::ZERO)),
                mailbox("2", failing("Authentication Error", SignedDuration::ZERO)),
                mailbox("3", BackupStatus::Healthy),
                mailbox("4", BackupStatus::Disabled),
                mailbox("5", BackupStatus::Unknown),
                mailbox("7", BackupStatus::Healthy),
                mailbox("8", failing("Space Full", SignedDuration::ZERO)),
            ],
        );
        let found = events(&changes);
        assert!(
            matches!(
                found.as_slice(),
                [
                    ("2", ActionEvent::Failed { attempt: 2, .. }),
                    ("3", ActionEvent::Completed),
                    ("4", ActionEvent::Exhausted { .. }),
                    ("8", ActionEvent::Failed { attempt: 1, .. }),
                ]
            ),
            "{found:?}"
        );
        assert_eq!(changes.rules, BTreeMap::from([("a_rule", 2)]));
        assert_eq!(Changes { events: Vec::new(), rules: BTreeMap::new(), ..changes }, Changes::default());
    }

    #[cfg(not(feature = "trust-first-answer"))]
    #[test]
    fn an_absence_counts_when_a_later_round_confirms_it() {
        let known = vec![entry("1", FailureClass::Single), entry("2", FailureClass::Suspected)];
        let first = diff(60, &known, Vec::new());
        let marked: Vec<_> =
            known.iter().map(|entry| FailingAction { missing_since: Some(at(60)), ..entry.clone() }).collect();
        assert_eq!(first, Changes { marked: marked.clone(), ..Changes::default() });
        // The same round, again.
        assert_eq!(diff(80, &marked, Vec::new()), Changes::default());
        let again = diff(120, &marked, Vec::new());
        assert!(matches!(events(&again)[..], [("1", ActionEvent::Exhausted { .. })]), "{again:?}");
        assert_eq!(again.cleared, marked[1..]);
        // It was a fault of the list.
        let back = vec![
            mailbox("1", failing("Connection Error", SignedDuration::ZERO)),
            mailbox("2", failing("Retrying", SignedDuration::from_hours(13))),
        ];
        assert_eq!(diff(120, &marked, back), Changes { marked: known, ..Changes::default() });
    }

    #[test]
    fn an_incomplete_list_proves_no_absence() {
        let organization = VendorId::parse("440032-6").unwrap();
        let context = Context { region: "euwest", organization: &organization, now: at(600) };
        let known = [FailingAction { missing_since: Some(at(0)), ..entry("1", FailureClass::Single) }];
        let incomplete = Some(crate::domain::error::ServiceError::internal("page 2"));
        let list = MailboxList { mailboxes: Vec::new(), incomplete };
        assert_eq!(context.diff(&known, &list), Changes::default());
    }

    #[test]
    fn a_delayed_failure_is_suspected_first() {
        let delay = SignedDuration::from_hours(13);
        let retrying = || vec![mailbox("1", failing("Retrying", delay))];
        let first = diff(0, &[], retrying());
        let suspect = FailingAction { error: "Retrying".to_owned(), ..entry("1", FailureClass::Suspected) };
        assert_eq!(first, Changes { suspected: vec![suspect.clone()], ..Changes::default() });
        let known = [suspect.clone()];
        assert_eq!(diff(12 * 60, &known, retrying()), Changes::default());
        assert_eq!(diff(12 * 60, &known, vec![mailbox("1", BackupStatus::Unknown)]), Changes::default());
        let due = diff(13 * 60, &known, retrying());
        assert!(matches!(events(&due)[..], [("1", ActionEvent::Failed { attempt: 1, .. })]), "{due:?}");
        assert_eq!(due.cleared, known);
        // A status without delay, or the end.
        let at_once = diff(60, &known, vec![mailbox("1", failing("Authentication Error", SignedDuration::ZERO))]);
        assert_eq!((at_once.events.len(), &at_once.cleared[..]), (1, &known[..]));
        let well = diff(60, &known, vec![mailbox("1", BackupStatus::Healthy)]);
        assert_eq!(well, Changes { cleared: known.to_vec(), ..Changes::default() });
    }
}
