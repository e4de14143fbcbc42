//! The list of an MSP's tickets that are not opened at present, so that they are looked at again when a snooze changes.

use serde::{Deserialize, Serialize};

use crate::domain::msp::MspId;
use crate::store::{Store, StoreError, TicketSubject, keys, to_item};

const PREFIX: &str = "held#";

#[derive(Serialize, Deserialize)]
struct Entry {
    subject: TicketSubject,
}

fn key(msp: MspId, subject: &TicketSubject) -> (String, String) {
    (keys::msp(msp), format!("{PREFIX}{}", subject.partition()))
}

impl Store {
    /// Adds a ticket to the list. Idempotent.
    pub async fn index_held_ticket(&self, msp: MspId, subject: &TicketSubject) -> Result<(), StoreError> {
        self.put(to_item(&Entry { subject: subject.clone() }, key(msp, subject))?).await
    }

    /// Returns the tickets of the list. Some of them may have been opened since.
    pub async fn held_tickets(&self, msp: MspId) -> Result<Vec<TicketSubject>, StoreError> {
        let entries: Vec<Entry> = self.query_prefix(keys::msp(msp), PREFIX).await?;
        Ok(entries.into_iter().map(|entry| entry.subject).collect())
    }

    /// Removes a ticket from the list. Idempotent.
    pub async fn remove_held_ticket(&self, msp: MspId, subject: &TicketSubject) -> Result<(), StoreError> {
        self.delete(key(msp, subject)).await
    }
}
