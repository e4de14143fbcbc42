//! Mailboxes and the states of their backups. The organization's own token selects its mailboxes. With the partner's token
//! the list is empty, as if there were no failures (`docs/vendors/dropsuite.md` 3).

use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use super::contract::backup_status;
use super::decode::{self, More};
use super::{Dropsuite, contract};
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::http_client::other_system_message;
use crate::vendor::{BackupStatus, MailboxBackup, VendorContext, VendorError, decode_json};

/// Upper bound of the pages of mailboxes that are read, well above any organization's number.
const MAX_PAGES: u32 = 4000;

/// The member of an organization's row that authenticates requests for its mailboxes.
#[derive(Deserialize)]
struct OrganizationCredentials {
    authentication_token: SecretString,
}

#[derive(Deserialize)]
pub(super) struct Row {
    #[serde(default, deserialize_with = "decode::text")]
    id: String,
    #[serde(default, deserialize_with = "decode::text")]
    email: String,
    #[serde(default, deserialize_with = "decode::text")]
    current_backup_status: String,
    #[serde(default)]
    errors: Value,
    #[serde(default)]
    deactivated_since: Value,
}

impl Dropsuite {
    /// Returns the organization's mailboxes, read page by page; `None` if the organization does not exist.
    pub async fn mailboxes(
        &self,
        context: &VendorContext<'_>,
        organization: &ExternalId,
    ) -> Result<Option<Vec<MailboxBackup>>, ServiceError> {
        let partner = self.partner(context)?;
        let row = self.send(context, &partner.call(&contract::ORGANIZATION, Some(organization.as_str()))).await;
        let credentials: OrganizationCredentials = match row.and_then(decode_json) {
            Err(VendorError::NotFound) => return Ok(None),
            credentials => credentials?,
        };
        let partner = partner.with_token(credentials.authentication_token);
        let mut mailboxes = Vec::new();
        let mut previous_first = None;
        for page in 1..=MAX_PAGES {
            let request = contract::page::request(partner.call(&contract::MAILBOXES, None), page);
            let list = decode::page(self.send(context, &request).await?)?;
            let rows: Vec<Row> = list.rows.into_iter().map(decode_json).collect::<Result<_, _>>()?;
            let first = rows.first().map(|row| row.id.clone());
            // A server that ignores `page` returns the same list again.
            if first.is_none() || first == previous_first {
                break;
            }
            previous_first = first;
            mailboxes.extend(rows.into_iter().map(MailboxBackup::from));
            if list.more == More::No {
                break;
            }
        }
        Ok(Some(mailboxes))
    }
}

impl From<Row> for MailboxBackup {
    fn from(row: Row) -> Self {
        let status = row.current_backup_status.trim().to_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| status.contains(word));
        let deactivated = match &row.deactivated_since {
            Value::Null => false,
            Value::String(since) => !since.trim().is_empty(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
        };
        let backup = if deactivated || is(backup_status::DEACTIVATED) {
            BackupStatus::Disabled
        } else if is(backup_status::FAILED) {
            BackupStatus::Failing(failure_text(&other_system_message(&row.current_backup_status), &row.errors))
        } else if status == backup_status::COMPLETED {
            BackupStatus::Healthy
        } else {
            BackupStatus::Unknown
        };
        Self { id: row.id, address: other_system_message(&row.email), backup }
    }
}

/// Returns the status and the row's errors, which are a text, a list, an object or absent.
fn failure_text(status: &str, errors: &Value) -> String {
    match decode::value_text(errors).filter(|text| !text.trim().is_empty() && !text.eq_ignore_ascii_case(status)) {
        Some(text) => format!("{status}: {}", other_system_message(&text)),
        None => status.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn backup(row: Value) -> BackupStatus {
        let row: Row = serde_json::from_value(row).unwrap();
        MailboxBackup::from(row).backup
    }

    #[test]
    fn statuses_ignore_case_and_unknown_ones_have_no_meaning() {
        assert_eq!(backup(json!({"id": 7, "current_backup_status": "completed"})), BackupStatus::Healthy);
        for status in ["Running", "In Progress", "Preparing Backup", "Partially Completed", "Tomorrow", ""] {
            assert_eq!(backup(json!({"id": 7, "current_backup_status": status})), BackupStatus::Unknown, "{status}");
        }
        assert_eq!(backup(json!({"id": 7, "current_backup_status": "Deactivated"})), BackupStatus::Disabled);
        let since = json!({"id": 7, "current_backup_status": "Completed", "deactivated_since": "2026-01-01"});
        assert_eq!(backup(since), BackupStatus::Disabled);
        for (errors, expected) in [
            (json!("password"), "Authentication Error: password"),
            (json!(["a", "b"]), "Authentication Error: a, b"),
            (json!({"imap": ["refused"]}), "Authentication Error: imap refused"),
            (json!(null), "Authentication Error"),
            (json!("authentication error"), "Authentication Error"),
        ] {
            let row = json!({"id": 7, "current_backup_status": "Authentication Error", "errors": errors});
            assert_eq!(backup(row), BackupStatus::Failing(expected.to_owned()));
        }
        assert!(matches!(
            backup(json!({"id": 7, "current_backup_status": "IMAP connection failed"})),
            BackupStatus::Failing(_)
        ));
    }
}
