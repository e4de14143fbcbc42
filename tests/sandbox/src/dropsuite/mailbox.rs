//! Backed-up mailboxes, which the API calls accounts (7.1), and their backup statuses (8).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The id of the first mailbox.
const FIRST_ID: u64 = 442_803;

/// Texts in a status that include the mailbox in `GET /accounts/connection_failures`.
const CONNECTION_FAILURES: [&str; 3] = ["connection error", "authentication error", "connection failed"];

/// The identity of a mailbox.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MailboxKey {
    /// Unique in the sandbox.
    pub id: u64,
    /// Unique in its organization.
    pub email: String,
}

/// A backed-up mailbox.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Mailbox {
    id: u64,
    /// E-mail address.
    pub email: String,
    current_backup_status: String,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    errors: Value,
    last_backup: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deactivated_since: Option<Timestamp>,
    added_on: Timestamp,
}

impl Mailbox {
    /// Returns id and address.
    pub fn key(&self) -> MailboxKey {
        MailboxKey { id: self.id, email: self.email.clone() }
    }

    /// Returns `true` if the mailbox is no longer backed up.
    pub fn is_deactivated(&self) -> bool {
        self.deactivated_since.is_some()
    }

    /// Returns `true` if the backup cannot connect to the mailbox or cannot sign in.
    pub fn fails_to_connect(&self) -> bool {
        let status = self.current_backup_status.to_lowercase();
        CONNECTION_FAILURES.iter().any(|words| status.contains(words))
    }

    /// Sets the backup status, with the effects described at [`Backups::status`](super::backup::Backups::status).
    pub fn set_backup(&mut self, status: &str, errors: &Value, now: Timestamp) {
        status.clone_into(&mut self.current_backup_status);
        self.errors = errors.clone();
        self.deactivated_since = None;
        match status.to_lowercase().as_str() {
            "completed" => {
                self.errors = Value::Null;
                self.last_backup = Some(now);
            }
            "preparing backup" => self.last_backup = None,
            "deactivated" => self.deactivated_since = Some(now),
            _ => {}
        }
    }

    /// Returns the row, with `owner` as `user`. Every second mailbox has `null` or omits members, where the vendor may
    /// do so.
    pub fn row(&self, owner: &Value) -> Value {
        let full = self.id.is_multiple_of(2);
        let name = self.email.split('@').next().filter(|_| full);
        let mut row = json!({
            "id": self.id,
            "email": self.email,
            "display_name": name,
            "username": name,
            "last_backup": self.last_backup.map(milliseconds),
            "current_backup_status": self.current_backup_status,
            "flg_deleted": false,
            "storage": 1024,
            "msg_count": full.then_some(10),
            "errors": self.shown_errors(),
            "added_on": milliseconds(self.added_on),
            "user": owner,
        });
        if let Some(members) = row.as_object_mut()
            && (full || self.is_deactivated())
        {
            members.insert("deactivated_since".to_owned(), json!(self.deactivated_since.map(milliseconds)));
        }
        row
    }

    /// Returns the errors. The shape of a string or `null` depends on the mailbox; other values are returned unchanged.
    fn shown_errors(&self) -> Value {
        match (&self.errors, self.id % 4) {
            (Value::Null, 0) => json!({}),
            (Value::Null, 1) => json!([]),
            (Value::Null, 2) => json!(""),
            (Value::String(text), 0) => json!({ "host": text }),
            (Value::String(text), 1) => json!([text]),
            (errors, _) => errors.clone(),
        }
    }
}

/// The mailboxes of all organizations.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Mailboxes {
    /// Number of ids used so far.
    counter: u64,
    /// By organization id, in the order in which they were added.
    by_organization: BTreeMap<String, Vec<Mailbox>>,
}

impl Mailboxes {
    /// Returns `true` if there never was a mailbox.
    pub fn is_untouched(&self) -> bool {
        self.counter == 0
    }

    /// Returns the mailboxes by organization id. `None` if there are none.
    pub fn describe(&self) -> Option<Value> {
        (!self.by_organization.is_empty()).then(|| json!(self.by_organization))
    }

    /// Returns the mailboxes of an organization.
    pub fn of(&self, organization: &str) -> &[Mailbox] {
        self.by_organization.get(organization).map_or(&[], Vec::as_slice)
    }

    /// Returns the mailboxes of an organization, mutably.
    pub fn of_mut(&mut self, organization: &str) -> &mut [Mailbox] {
        self.by_organization.get_mut(organization).map_or(&mut [], Vec::as_mut_slice)
    }

    /// Adds a mailbox with a completed backup as of now.
    pub fn add(&mut self, organization: &str, email: String, now: Timestamp) -> MailboxKey {
        let mailbox = Mailbox {
            id: FIRST_ID + self.counter,
            email,
            current_backup_status: "Completed".to_owned(),
            errors: Value::Null,
            last_backup: Some(now),
            deactivated_since: None,
            added_on: now,
        };
        self.counter += 1;
        let key = mailbox.key();
        self.by_organization.entry(organization.to_owned()).or_default().push(mailbox);
        key
    }

    /// Removes a mailbox, if the organization has it.
    pub fn remove(&mut self, organization: &str, id: u64) -> Option<MailboxKey> {
        let own = self.by_organization.get_mut(organization)?;
        let removed = own.remove(own.iter().position(|mailbox| mailbox.id == id)?);
        if own.is_empty() {
            self.by_organization.remove(organization);
        }
        Some(removed.key())
    }

    /// Removes all mailboxes of an organization.
    pub fn remove_all(&mut self, organization: &str) {
        self.by_organization.remove(organization);
    }
}

fn milliseconds(time: Timestamp) -> String {
    format!("{time:.3}")
}
