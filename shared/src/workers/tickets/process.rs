//! One ticket's turn: read, claim, make it so, record.

use futures::FutureExt;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::ids::ExternalId;
use crate::store::{About, AgreementLink, State, TicketRecord};
use crate::workers::sync::{self, Anew, Settled, Stop, Turn};
use crate::workers::tickets::apply::Work;
use crate::workers::tickets::desired::Wish;

/// Has the ticket about something as it shall be, as far as that can be had now.
///
/// # Errors
/// A failure if nothing could be recorded: the table did not answer, or the lease was lost.
pub async fn settle(app: &App, about: &About, turn: &Turn<'_>) -> Result<Settled, ServiceError> {
    let Some(seen) = Seen::read(app, about).await? else { return Ok(Settled::Nothing) };
    if !seen.is_open(app, turn.anew) {
        return Ok(Settled::Nothing);
    }
    let fresh = TicketRecord::new(about.clone(), seen.link.msp, app.clock.now());
    app.store.list_ticket(&fresh).await?;
    let Some(claimed) = sync::claim(app, &fresh, turn).await? else { return Ok(Settled::Busy) };
    // What was read before the claim may be old by now.
    let Some(seen) = Seen::read(app, about).await? else { return Ok(Settled::Nothing) };
    let record = if claimed.msp == seen.link.msp {
        claimed
    } else {
        TicketRecord { errand: claimed.errand, ..TicketRecord::new(about.clone(), seen.link.msp, app.clock.now()) }
    };
    let mut work = Work { app, turn, link: &seen.link, record };
    let outcome = sync::ask(turn, seen.link.msp, carry_out(&mut work, &seen.wish).boxed()).await;
    let wish = Some(seen.wish.fingerprint());
    let (settled, _) = sync::finish(app, turn, work.record, wish, State::Applied, outcome).await?;
    Ok(settled)
}

/// The record of a ticket that is not as it shall be, as it is or as it has to be made; none if the ticket is, or if it is
/// pending already.
///
/// # Errors
/// The table did not answer.
pub async fn missed(app: &App, about: &About) -> Result<Option<TicketRecord>, ServiceError> {
    let Some(seen) = Seen::read(app, about).await? else { return Ok(None) };
    if !seen.is_open(app, Anew::No) {
        return Ok(None);
    }
    Ok(match seen.ticket {
        Some(record) => (record.errand.state != State::Pending).then_some(record),
        None => Some(TicketRecord::new(about.clone(), seen.link.msp, app.clock.now())),
    })
}

/// What is on record.
struct Seen {
    wish: Wish,
    /// Whether it fails as one of many, for which there is another ticket.
    together: bool,
    link: AgreementLink,
    ticket: Option<TicketRecord>,
}

impl Seen {
    /// None if nothing was heard of it, or nobody says whose company it is.
    async fn read(app: &App, about: &About) -> Result<Option<Self>, ServiceError> {
        let (wish, together, organization): (Wish, bool, ExternalId) = match about {
            About::Action(key) => {
                let Some(action) = app.store.action(key).await? else { return Ok(None) };
                (Wish::of_action(&action), action.together, action.mailbox.organization)
            }
            About::Organization(id) => {
                let Some(failures) = app.store.failures(id).await? else { return Ok(None) };
                (Wish::of_organization(&failures, app.vendor.region()), false, id.clone())
            }
        };
        let Some(link) = app.store.agreement_of(&organization).await? else { return Ok(None) };
        let ticket = app.store.ticket(about).await?;
        Ok(Some(Self { wish, together, link, ticket }))
    }

    /// Whether there is something to do.
    fn is_open(&self, app: &App, anew: Anew) -> bool {
        let of_msp = self.ticket.as_ref().filter(|ticket| ticket.msp == self.link.msp);
        let held = of_msp.and_then(|ticket| ticket.ticket.as_ref());
        let needed = self.wish.needs_a_ticket(held, app.clock.now(), app.ticket_policy.too_old) && !self.together;
        match of_msp {
            None => needed,
            Some(ticket) => {
                let begun = held.is_some_and(|held| !held.over) || ticket.sent.is_some();
                let wish = self.wish.fingerprint();
                (needed || begun) && !sync::rests(&ticket.errand, Some(&wish), anew)
            }
        }
    }
}

async fn carry_out(work: &mut Work<'_>, wish: &Wish) -> Result<Option<String>, Stop> {
    let connection = Connection::open(work.app, work.record.msp).await?.ok_or_else(Connection::unset)?;
    let settings = connection.settings.as_ref().ok_or_else(Connection::unset)?;
    let connectwise = work.app.connectwise()?;
    let client = connection.client(connectwise, work.turn.deadline, work.turn.log);
    match wish {
        Wish::Open(trouble) => work.open(&client, settings, trouble).await,
        Wish::Closed(text) => work.end(&client, settings, text, settings.mapping.closed_status).await,
        Wish::Cancelled(text) => work.end(&client, settings, text, settings.mapping.cancelled_status).await,
    }
}
