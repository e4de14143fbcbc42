//! Mailboxes and the states of their backups. The organization's own token selects its mailboxes. With the partner's token
//! the list is empty, as if there were no failures (`docs/vendors/dropsuite.md` 3).

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::contract::failure_rule::{Condition, RULES};
use super::contract::{Operation, backup_status};
use super::decode::{self, More, Pages};
use super::settings::Partner;
use super::{Dropsuite, contract};
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::http_client::other_system_message;
use crate::vendor::{BackupFailure, BackupStatus, MailboxBackup, MailboxList, VendorContext, VendorError, decode_json};

/// Upper bound of the pages of mailboxes that are read, well above any organization's number.
const MAX_PAGES: u32 = 4000;

/// Members of an organization's row that concern its mailboxes.
#[derive(Deserialize)]
struct OrganizationRow {
    #[serde(deserialize_with = "decode::id")]
    id: String,
    /// Authenticates requests for the mailboxes.
    authentication_token: SecretString,
    #[serde(default, deserialize_with = "decode::count")]
    seats_used: u32,
}

#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(deserialize_with = "decode::id")]
    id: String,
    #[serde(default, deserialize_with = "decode::text")]
    email: String,
    #[serde(default, deserialize_with = "decode::text")]
    current_backup_status: String,
    #[serde(default)]
    errors: Value,
    #[serde(default)]
    deactivated_since: Value,
    #[serde(default, deserialize_with = "decode::text")]
    last_backup: String,
    #[serde(default, deserialize_with = "decode::text")]
    added_on: String,
}

/// Rows of a list, and the reason that it was not read to its end.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    incomplete: Option<VendorError>,
}

/// Returns the error of a request with the organization's own token, which Dropsuite showed a moment ago. If it is refused, this
/// says nothing about the MSP's tokens.
fn of_organization_token(error: VendorError) -> VendorError {
    match error {
        VendorError::Unauthorized | VendorError::Forbidden { .. } => {
            VendorError::InvalidResponse { reason: "the organization's own token is refused".to_owned() }
        }
        error => error,
    }
}

impl Dropsuite {
    /// Returns the organization's mailboxes with the states of their backups at `now`, read page by page.
    ///
    /// # Errors
    /// The vendor showed no mailbox, and this does not prove that there is none.
    pub async fn mailboxes(
        &self,
        context: &VendorContext<'_>,
        id: &ExternalId,
        now: Timestamp,
    ) -> Result<MailboxList, ServiceError> {
        let partner = self.partner(context)?;
        let row = self.send(context, &partner.call(&contract::ORGANIZATION, Some(id.as_str()))).await;
        let organization: OrganizationRow = match row.and_then(decode_json) {
            Err(VendorError::NotFound) => return Ok(MailboxList::default()),
            row => row?,
        };
        if organization.id != id.as_str() {
            let reason = format!("the row of {id} has the id {:?}", organization.id);
            return Err(VendorError::InvalidResponse { reason }.into());
        }
        let partner = partner.with_token(organization.authentication_token);
        self.mailboxes_of(context, &partner, organization.seats_used, MAX_PAGES, now).await
    }

    /// Returns the mailboxes of the organization whose own token `partner` has, of at most `max_pages` pages.
    ///
    /// # Errors
    /// As of [`mailboxes`](Self::mailboxes).
    pub(super) async fn mailboxes_of(
        &self,
        context: &VendorContext<'_>,
        partner: &Partner,
        seats_used: u32,
        max_pages: u32,
        now: Timestamp,
    ) -> Result<MailboxList, ServiceError> {
        let mut all = self.read_all(context, partner, &contract::MAILBOXES, max_pages).await;
        all.incomplete = all.incomplete.map(of_organization_token);
        if all.rows.is_empty() {
            if let Some(error) = all.incomplete {
                return Err(error.into());
            }
            // The token of another organization, or a fault of the vendor.
            if seats_used > 0 && !cfg!(feature = "trust-first-answer") {
                let reason = format!("the list of mailboxes is empty, and {seats_used} seats are in use");
                return Err(VendorError::InvalidResponse { reason }.into());
            }
        }
        let failures = match self.read_all(context, partner, &contract::CONNECTION_FAILURES, max_pages).await {
            // The organization has no such list.
            Rows { incomplete: Some(VendorError::NotFound | VendorError::Forbidden { .. }), .. } => Rows::default(),
            failures => failures,
        };
        let failing: HashSet<&str> = failures.rows.iter().map(|row| row.id.as_str()).collect();
        let listed: HashSet<&str> = all.rows.iter().map(|row| row.id.as_str()).collect();
        let others = failures.rows.iter().filter(|row| !listed.contains(row.id.as_str()));
        let mut mailboxes: Vec<MailboxBackup> =
            all.rows.iter().chain(others).map(|row| row.mailbox(failing.contains(row.id.as_str()), now)).collect();
        if failures.incomplete.is_some() {
            // Any of them may be in the part of the list that was not read.
            for mailbox in mailboxes.iter_mut().filter(|mailbox| mailbox.backup == BackupStatus::Healthy) {
                mailbox.backup = BackupStatus::Unknown;
            }
        }
        let incomplete = all.incomplete.or(failures.incomplete.map(of_organization_token));
        Ok(MailboxList { mailboxes, incomplete: incomplete.map(ServiceError::from) })
    }

    /// Reads a list of mailboxes.
    async fn read_all(
        &self,
        context: &VendorContext<'_>,
        partner: &Partner,
        list: &'static Operation,
        max_pages: u32,
    ) -> Rows {
        let mut all = Rows::default();
        all.incomplete = self.read_pages(context, partner, list, max_pages, &mut all.rows).await.err();
        all
    }

    async fn read_pages(
        &self,
        context: &VendorContext<'_>,
        partner: &Partner,
        list: &'static Operation,
        max_pages: u32,
        all: &mut Vec<Row>,
    ) -> Result<(), VendorError> {
        let (mut pages, mut unreadable) = (Pages::default(), None);
        for page in 1..=max_pages {
            let request = contract::page::request(partner.call(list, None), page);
            let page = pages.take(decode::page(self.send(context, &request).await?)?)?;
            for row in page.rows {
                match decode_json(row) {
                    Ok(row) => all.push(row),
                    Err(error) => unreadable = Some(error),
                }
            }
            if page.more == More::No {
                return unreadable.map_or(Ok(()), Err);
            }
        }
        Err(VendorError::IncompleteList)
    }
}

impl Row {
    /// Returns the mailbox. `cannot_connect` is `true` if it is in the list of connection failures.
    pub(super) fn mailbox(&self, cannot_connect: bool, now: Timestamp) -> MailboxBackup {
        let status = self.current_backup_status.trim().to_lowercase();
        let backup = if self.is_deactivated() || status.contains(backup_status::DEACTIVATED) {
            BackupStatus::Disabled
        } else if let Some(failure) = self.failure(&status, cannot_connect, now) {
            BackupStatus::Failing(failure)
        } else if status == backup_status::COMPLETED {
            BackupStatus::Healthy
        } else {
            BackupStatus::Unknown
        };
        let address = other_system_message(&self.email);
        MailboxBackup { id: self.id.clone(), address, backup, last_backup: self.last_backup.parse().ok() }
    }

    fn is_deactivated(&self) -> bool {
        match &self.deactivated_since {
            Value::Null => false,
            Value::String(since) => !since.trim().is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
        }
    }

    /// Returns the failure by the first rule that holds.
    fn failure(&self, status: &str, cannot_connect: bool, now: Timestamp) -> Option<BackupFailure> {
        let is_completed = status == backup_status::COMPLETED;
        let errors = self.error_text();
        let lower = errors.as_ref().map(|errors| errors.to_lowercase()).unwrap_or_default();
        let contains = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
        let is_past = |time: &str, age: SignedDuration| {
            time.parse::<Timestamp>().is_ok_and(|time| now.duration_since(time) > age)
        };
        RULES.iter().find_map(|rule| {
            let detail = match &rule.condition {
                Condition::Status(words) => contains(status, words).then_some(None),
                Condition::StatusWithErrors(words) => (errors.is_some() && contains(status, words)).then_some(None),
                Condition::Errors(words) => (!is_completed && contains(&lower, words)).then_some(None),
                Condition::LastBackupOlderThan(age) => (!is_completed && is_past(&self.last_backup, *age))
                    .then(|| Some(format!("no backup since {}", self.last_backup))),
                Condition::NoBackupFor(age) => {
                    (!is_completed && self.last_backup.is_empty() && is_past(&self.added_on, *age))
                        .then(|| Some(format!("no backup since the mailbox was added at {}", self.added_on)))
                }
                Condition::ConnectionFailures => cannot_connect.then(|| Some("connection failure".to_owned())),
            };
            let error = self.failure_text(detail?, errors.as_deref());
            Some(BackupFailure { rule: rule.name, error, delay: rule.delay })
        })
    }

    /// Returns the row's errors, which are a text, a list, an object or absent. A text that repeats the status is none.
    fn error_text(&self) -> Option<String> {
        let text = decode::value_text(&self.errors).map(|text| other_system_message(text.trim()));
        text.filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case(self.current_backup_status.trim()))
    }

    fn failure_text(&self, detail: Option<String>, errors: Option<&str>) -> String {
        let status = other_system_message(self.current_backup_status.trim());
        let parts = [Some(status), detail, errors.map(str::to_owned)];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-28T12:00:00.000Z";

    fn mailbox_of(row: Value, cannot_connect: bool) -> BackupStatus {
        let row: Row = serde_json::from_value(row).unwrap();
        row.mailbox(cannot_connect, NOW.parse().unwrap()).backup
    }

    fn backup(row: Value) -> BackupStatus {
        mailbox_of(row, false)
    }

    fn failure(row: &Value) -> (&'static str, i64, String) {
        match backup(row.clone()) {
            BackupStatus::Failing(BackupFailure { rule, error, delay }) => (rule, delay.as_hours(), error),
            other => panic!("{row}: {other:?}"),
        }
    }

    #[test]
    fn statuses_ignore_case_and_unknown_ones_have_no_meaning() {
        assert_eq!(backup(json!({"id": 7, "current_backup_status": "completed"})), BackupStatus::Healthy);
        for status in ["Running", "In Progress", "Preparing Backup", "Partially Completed", "Tomorrow", ""] {
            for errors in [json!({}), json!([]), json!(null), json!("")] {
                let row = json!({
                    "id": 7, "current_backup_status": status, "last_backup": "2026-11-27T12:00:00.000Z",
                    "added_on": "2020-01-01T00:00:00.000Z", "errors": errors,
                });
                assert_eq!(backup(row), BackupStatus::Unknown, "{status}");
            }
        }
        assert_eq!(backup(json!({"id": 7, "current_backup_status": "Deactivated"})), BackupStatus::Disabled);
        let since = json!({"id": 7, "current_backup_status": "Completed", "deactivated_since": "2026-01-01"});
        assert_eq!(mailbox_of(since, true), BackupStatus::Disabled);
        // Errors of an earlier attempt.
        let completed = json!({"id": 7, "current_backup_status": "Completed", "errors": {"host": "password"}});
        assert_eq!(backup(completed), BackupStatus::Healthy);
    }

    #[test]
    fn errors_have_every_shape() {
        for (errors, expected) in [
            (json!("password"), "Authentication Error: password"),
            (json!(["a", "b"]), "Authentication Error: a, b"),
            (json!({"imap": ["refused"]}), "Authentication Error: imap refused"),
            (json!(null), "Authentication Error"),
            (json!("authentication error"), "Authentication Error"),
        ] {
            let row = json!({"id": 7, "current_backup_status": "Authentication Error", "errors": errors});
            assert_eq!(failure(&row), ("authentication_error", 0, expected.to_owned()));
        }
        let long = json!({"id": 7, "current_backup_status": "failed ".repeat(1000), "errors": "x".repeat(10_000)});
        assert!(failure(&long).2.chars().count() <= 2 * crate::http_client::MAX_MESSAGE_LEN + 2);
    }

    #[test]
    fn each_rule_has_its_failures() {
        let recent = "2026-11-28T00:00:00.000Z";
        let row = |status: &str, last_backup: Value, errors: Value| {
            json!({
                "id": 7, "current_backup_status": status, "last_backup": last_backup, "errors": errors,
                "added_on": "2026-11-01T00:00:00.000Z",
            })
        };
        let mut found = Vec::new();
        for (status, last_backup, errors, rule, hours) in [
            ("AUTHENTICATION ERROR", json!(recent), json!(null), "authentication_error", 0),
            ("Retrying", json!(recent), json!({"host": "wrong password"}), "authentication_message", 0),
            ("Space Full", json!(recent), json!(null), "space_full", 0),
            ("Running", json!("2026-11-18T12:00:00.000Z"), json!(null), "no_recent_backup", 0),
            ("Partially Completed", json!("2026-11-18T12:00:00.000Z"), json!(null), "no_recent_backup", 0),
            ("Preparing Backup", json!(null), json!(null), "no_backup_yet", 0),
            ("Connection Error", json!(recent), json!(null), "connection_error", 2),
            ("IMAP connection failed", json!(recent), json!(null), "connection_error", 2),
            ("Retrying", json!(recent), json!("timeout"), "retrying", 13),
            ("Preparing Backup", json!(recent), json!({"host": "no route"}), "errors_in_progress", 13),
            ("Running", json!(recent), json!(["refused"]), "errors_in_progress", 13),
            ("Partially Completed", json!(recent), json!("3 items"), "partially_completed", 24),
        ] {
            let (name, delay, error) = failure(&row(status, last_backup, errors));
            assert_eq!((name, delay), (rule, hours), "{status}: {error}");
            found.push(name);
        }
        let listed = mailbox_of(row("Completed", json!(recent), json!(null)), true);
        let BackupStatus::Failing(listed) = listed else { panic!("{listed:?}") };
        assert_eq!((listed.rule, listed.error.as_str()), ("connection_failures", "Completed: connection failure"));
        found.push(listed.rule);
        assert!(RULES.iter().all(|rule| found.contains(&rule.name)), "{found:?}");
        let text = failure(&row("Running", json!("2026-11-18T12:00:00.000Z"), json!(null))).2;
        assert_eq!(text, "Running: no backup since 2026-11-18T12:00:00.000Z");
    }
}
