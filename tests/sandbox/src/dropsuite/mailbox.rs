//! Backed-up mailboxes, which the API calls accounts (7.1), and the words of their backups (8).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The id of the first mailbox.
const FIRST_ID: u64 = 442_803;

/// The words in a status that make it one of `GET /accounts/connection_failures`.
const CONNECTION_FAILURES: [&str; 3] = ["connection error", "authentication error", "connection failed"];

/// What a mailbox is told apart by.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct MailboxKey {
    /// Counted on over the whole sandbox.
    pub id: u64,
    /// Unique in its organization.
    pub email: String,
}

/// A backed-up mailbox.
#[derive(Debug, Deserialize, Serialize)]
pub struct Mailbox {
    id: u64,
    /// Its address.
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
    /// Its id and address.
    pub fn key(&self) -> MailboxKey {
        MailboxKey { id: self.id, email: self.email.clone() }
    }

    /// Whether it is no longer backed up.
    pub fn is_deactivated(&self) -> bool {
        self.deactivated_since.is_some()
    }

    /// Whether its backup can't reach it, or can't sign in.
    pub fn fails_to_connect(&self) -> bool {
        let status = self.current_backup_status.to_lowercase();
        CONNECTION_FAILURES.iter().any(|words| status.contains(words))
    }

    /// Its backup is now in `status`: completed clears the errors, preparing means that there was none yet, and
    /// deactivated is left by any other.
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

    /// Its row, with `owner` as its `user`. Every second one has `null`, or no member, where the vendor may have that.
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

    /// A text, or none, comes in another shape from mailbox to mailbox; anything else as it was set.
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
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Mailboxes {
    /// Ids given out so far.
    counter: u64,
    /// By the organization's id, in the order in which they were added.
    by_organization: BTreeMap<String, Vec<Mailbox>>,
}

impl Mailboxes {
    /// Whether there was never one.
    pub fn is_untouched(&self) -> bool {
        self.counter == 0
    }

    /// By the organization's id; none if there are none.
    pub fn describe(&self) -> Option<Value> {
        (!self.by_organization.is_empty()).then(|| json!(self.by_organization))
    }

    /// Those of an organization.
    pub fn of(&self, organization: &str) -> &[Mailbox] {
        self.by_organization.get(organization).map_or(&[], Vec::as_slice)
    }

    /// Those of an organization, to be changed.
    pub fn of_mut(&mut self, organization: &str) -> &mut [Mailbox] {
        self.by_organization.get_mut(organization).map_or(&mut [], Vec::as_mut_slice)
    }

    /// Adds a mailbox that is backed up as of now.
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

    /// Removes all of an organization.
    pub fn remove_all(&mut self, organization: &str) {
        self.by_organization.remove(organization);
    }
}

fn milliseconds(time: Timestamp) -> String {
    format!("{time:.3}")
}
