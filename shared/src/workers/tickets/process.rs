//! One ticket's turn: read, claim, make it so, record.

use futures::FutureExt;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::store::{TicketSubject, AgreementLink, SyncState, TicketRecord};
use crate::workers::sync::{self, RetryMode, SyncOutcome, SyncError, SyncAttempt};
use crate::workers::tickets::apply::Work;
use crate::workers::tickets::desired::Wish;

/// Has the ticket about something as it shall be, as far as that can be had now.
///
/// # Errors
/// A failure if nothing could be recorded: the table did not answer, or the lease was lost.
pub async fn sync(app: &App, about: &TicketSubject, turn: &SyncAttempt<'_>) -> Result<SyncOutcome, ServiceError> {
    let Some(seen) = Snapshot::read(app, about).await? else { return Ok(SyncOutcome::UpToDate) };
    if !seen.needs_sync(app, turn.retry_mode) {
        return Ok(SyncOutcome::UpToDate);
    }
    let fresh = TicketRecord::new(about.clone(), seen.link.msp, app.clock.now());
    app.store.index_ticket(&fresh).await?;
    let Some(claimed) = sync::acquire_lease(app, &fresh, turn).await? else { return Ok(SyncOutcome::Locked) };
    // What was read before the claim may be old by now.
    let Some(seen) = Snapshot::read(app, about).await? else { return Ok(SyncOutcome::UpToDate) };
    let record = if claimed.msp == seen.link.msp {
        claimed
    } else {
        TicketRecord { sync: claimed.sync, ..TicketRecord::new(about.clone(), seen.link.msp, app.clock.now()) }
    };
    let mut work = Work { app, turn, link: &seen.link, record };
    let outcome = sync::call(turn, seen.link.msp, apply(&mut work, &seen.wish).boxed()).await;
    let wish = Some(seen.wish.fingerprint());
    let (settled, _) = sync::record_outcome(app, turn, work.record, wish, SyncState::Synced, outcome).await?;
    Ok(settled)
}

/// The record of a ticket that is not as it shall be, as it is or as it has to be made; none if the ticket is, or if it is
/// pending already.
///
/// # Errors
/// The table did not answer.
pub async fn find_out_of_sync(app: &App, about: &TicketSubject) -> Result<Option<TicketRecord>, ServiceError> {
    let Some(seen) = Snapshot::read(app, about).await? else { return Ok(None) };
    if !seen.needs_sync(app, RetryMode::None) {
        return Ok(None);
    }
    Ok(match seen.ticket {
        Some(record) => (record.sync.state != SyncState::Pending).then_some(record),
        None => Some(TicketRecord::new(about.clone(), seen.link.msp, app.clock.now())),
    })
}

/// What is on record.
struct Snapshot {
    wish: Wish,
    /// Whether it fails as one of many, for which there is another ticket.
    together: bool,
    link: AgreementLink,
    ticket: Option<TicketRecord>,
}

impl Snapshot {
    /// None if nothing was heard of it, or nobody says whose company it is.
    async fn read(app: &App, about: &TicketSubject) -> Result<Option<Self>, ServiceError> {
        let (wish, together, organization): (Wish, bool, ExternalId) = match about {
            TicketSubject::Action(key) => {
                let Some(action) = app.store.action(key).await? else { return Ok(None) };
                (Wish::of_action(&action), action.grouped, action.mailbox.organization)
            }
            TicketSubject::Organization(id) => {
                let Some(failures) = app.store.failures(id).await? else { return Ok(None) };
                (Wish::of_organization(&failures, app.vendor.region()), false, id.clone())
            }
        };
        let Some(link) = app.store.agreement_of(&organization).await? else { return Ok(None) };
        let ticket = app.store.ticket(about).await?;
        Ok(Some(Self { wish, together, link, ticket }))
    }

    /// Whether there is something to do.
    fn needs_sync(&self, app: &App, anew: RetryMode) -> bool {
        let of_msp = self.ticket.as_ref().filter(|ticket| ticket.msp == self.link.msp);
        let held = of_msp.and_then(|ticket| ticket.ticket.as_ref());
        let needed = self.wish.needs_a_ticket(held, app.clock.now(), app.ticket_policy.max_age) && !self.together;
        match of_msp {
            None => needed,
            Some(ticket) => {
                let begun = held.is_some_and(|held| !held.over) || ticket.pending_create.is_some();
                let wish = self.wish.fingerprint();
                (needed || begun) && !sync::is_up_to_date(&ticket.sync, Some(&wish), anew)
            }
        }
    }
}

async fn apply(work: &mut Work<'_>, wish: &Wish) -> Result<Option<String>, SyncError> {
    let connection = Connection::open(work.app, work.record.msp).await?.ok_or_else(Connection::unset)?;
    let settings = connection.settings.as_ref().ok_or_else(Connection::unset)?;
    let connectwise = work.app.connectwise()?;
    let client = connection.client(connectwise, work.turn.deadline, work.turn.outbound_calls);
    match wish {
        Wish::Open(trouble) => work.open(&client, settings, trouble).await,
        Wish::Closed(text) => work.end(&client, settings, text, settings.mapping.closed_status).await,
        Wish::Cancelled(text) => work.end(&client, settings, text, settings.mapping.cancelled_status).await,
    }
}
