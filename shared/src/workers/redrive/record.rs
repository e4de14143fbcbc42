//! The record of an addition, a ticket or a digest.

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::store::{AdditionRecord, DigestRecord, SyncKey, SyncRecord, SyncState, SyncStatus, TicketRecord};

/// The record of an addition, a ticket or a digest, read from the table or new.
pub(super) enum SyncRecordKind {
    Addition(Box<AdditionRecord>),
    Ticket(Box<TicketRecord>),
    Digest(Box<DigestRecord>),
}

impl SyncRecordKind {
    /// Reads the record; `None` if it does not exist.
    pub(super) async fn read(app: &App, key: &SyncKey) -> Result<Option<Self>, ServiceError> {
        Ok(match key {
            SyncKey::Addition(key) => app.store.addition(key).await?.map(|record| Self::Addition(Box::new(record))),
            SyncKey::Ticket(subject) => app.store.ticket(subject).await?.map(|record| Self::Ticket(Box::new(record))),
            SyncKey::Digest(key) => app.store.digest(key).await?.map(|record| Self::Digest(Box::new(record))),
        })
    }

    pub(super) fn msp(&self) -> MspId {
        match self {
            Self::Addition(record) => record.msp(),
            Self::Ticket(record) => record.msp(),
            Self::Digest(record) => record.msp(),
        }
    }

    pub(super) fn status(&self) -> &SyncStatus {
        match self {
            Self::Addition(record) => record.status(),
            Self::Ticket(record) => record.status(),
            Self::Digest(record) => record.status(),
        }
    }

    /// Returns `true` if the record is pending and its next attempt is due after `now`, in milliseconds since the epoch.
    pub(super) fn is_scheduled_after(&self, now: i64) -> bool {
        let status = self.status();
        let later = status.next_attempt_at.is_some_and(|due| due > now);
        status.state == SyncState::Pending && status.lease_owner.is_none() && later
    }

    /// Makes the record pending, with its next attempt at `due`, in milliseconds since the epoch. Returns `false` if another
    /// attempt changed the record meanwhile.
    pub(super) async fn schedule(&self, app: &App, reason: &str, due: i64) -> Result<bool, ServiceError> {
        let now = app.clock.now();
        Ok(match self {
            Self::Addition(record) => app.store.schedule_sync(&**record, reason, due, now).await?,
            Self::Ticket(record) => app.store.schedule_sync(&**record, reason, due, now).await?,
            Self::Digest(record) => app.store.schedule_sync(&**record, reason, due, now).await?,
        })
    }
}
