//! A record of either kind.

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::store::{AdditionRecord, Errand, ErrandKey, ErrandRecord, State, TicketRecord};

/// An addition's or a ticket's record, as it was read or is made.
pub(super) enum Record {
    Addition(Box<AdditionRecord>),
    Ticket(Box<TicketRecord>),
}

impl Record {
    /// None if there is none (yet, or any more).
    pub(super) async fn read(app: &App, key: &ErrandKey) -> Result<Option<Self>, ServiceError> {
        Ok(match key {
            ErrandKey::Addition(key) => app.store.addition(key).await?.map(|record| Self::Addition(Box::new(record))),
            ErrandKey::Ticket(about) => app.store.ticket(about).await?.map(|record| Self::Ticket(Box::new(record))),
        })
    }

    pub(super) fn msp(&self) -> MspId {
        match self {
            Self::Addition(record) => record.msp(),
            Self::Ticket(record) => record.msp(),
        }
    }

    pub(super) fn errand(&self) -> &Errand {
        match self {
            Self::Addition(record) => record.errand(),
            Self::Ticket(record) => record.errand(),
        }
    }

    /// Whether it stands in the index of work, to be taken up after `now`, in milliseconds since the epoch.
    pub(super) fn waits(&self, now: i64) -> bool {
        let errand = self.errand();
        let later = errand.lease_until.is_some_and(|due| due > now);
        errand.state == State::Pending && errand.lease_owner.is_none() && later
    }

    /// Has it taken up at `due`, in milliseconds since the epoch; false if somebody was faster.
    pub(super) async fn schedule(&self, app: &App, reason: &str, due: i64) -> Result<bool, ServiceError> {
        let now = app.clock.now();
        Ok(match self {
            Self::Addition(record) => app.store.schedule_errand(&**record, reason, due, now).await?,
            Self::Ticket(record) => app.store.schedule_errand(&**record, reason, due, now).await?,
        })
    }
}
