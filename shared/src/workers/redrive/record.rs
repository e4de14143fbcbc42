//! A record of either kind.

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::store::{AdditionRecord, SyncStatus, SyncKey, SyncRecord, SyncState, TicketRecord};

/// An addition's or a ticket's record, as it was read or is made.
pub(super) enum SyncRecordKind {
    Addition(Box<AdditionRecord>),
    Ticket(Box<TicketRecord>),
}

impl SyncRecordKind {
    /// None if there is none (yet, or any more).
    pub(super) async fn read(app: &App, key: &SyncKey) -> Result<Option<Self>, ServiceError> {
        Ok(match key {
            SyncKey::Addition(key) => app.store.addition(key).await?.map(|record| Self::Addition(Box::new(record))),
            SyncKey::Ticket(about) => app.store.ticket(about).await?.map(|record| Self::Ticket(Box::new(record))),
        })
    }

    pub(super) fn msp(&self) -> MspId {
        match self {
            Self::Addition(record) => record.msp(),
            Self::Ticket(record) => record.msp(),
        }
    }

    pub(super) fn status(&self) -> &SyncStatus {
        match self {
            Self::Addition(record) => record.status(),
            Self::Ticket(record) => record.status(),
        }
    }

    /// Whether it stands in the index of work, to be taken up after `now`, in milliseconds since the epoch.
    pub(super) fn waits(&self, now: i64) -> bool {
        let status = self.status();
        let later = status.lease_until.is_some_and(|due| due > now);
        status.state == SyncState::Pending && status.lease_owner.is_none() && later
    }

    /// Has it taken up at `due`, in milliseconds since the epoch; false if somebody was faster.
    pub(super) async fn schedule(&self, app: &App, reason: &str, due: i64) -> Result<bool, ServiceError> {
        let now = app.clock.now();
        Ok(match self {
            Self::Addition(record) => app.store.schedule_sync(&**record, reason, due, now).await?,
            Self::Ticket(record) => app.store.schedule_sync(&**record, reason, due, now).await?,
        })
    }
}
