//! One sync attempt of a ticket: read, acquire the lease, apply, record the outcome.

use futures::FutureExt;
use jiff::Timestamp;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::subscription_record::SubscriptionState;
use crate::domain::vendor_id::VendorId;
use crate::store::{AccountKey, AgreementLink, SyncState, TicketRecord, TicketSubject};
use crate::workers::sync::{self, RetryMode, SyncAttempt, SyncError, SyncOutcome, key_refusal};
use crate::workers::tickets::apply::TicketSync;
use crate::workers::tickets::desired::DesiredTicket;
use crate::workers::tickets::text;

/// Synchronizes the ticket of an action or an organization with its desired state.
///
/// # Errors
/// An error if the outcome could not be recorded: the table did not answer, or the lease was lost.
pub async fn sync(app: &App, subject: &TicketSubject, attempt: &SyncAttempt<'_>) -> Result<SyncOutcome, ServiceError> {
    let Some(snapshot) = Snapshot::read(app, subject).await? else { return Ok(SyncOutcome::UpToDate) };
    if !snapshot.needs_sync(app, attempt.retry_mode) {
        return Ok(SyncOutcome::UpToDate);
    }
    attempt.record_link(&snapshot.link);
    let new_record = TicketRecord::new(subject.clone(), snapshot.link.msp, app.clock.now());
    app.store.index_ticket(&new_record).await?;
    let Some(leased) = sync::acquire_lease(app, &new_record, attempt).await? else { return Ok(SyncOutcome::Locked) };
    // The snapshot from before the lease may be stale.
    let Some(snapshot) = Snapshot::read(app, subject).await? else { return Ok(SyncOutcome::UpToDate) };
    let record = if leased.msp == snapshot.link.msp {
        leased
    } else {
        TicketRecord { sync: leased.sync, ..TicketRecord::new(subject.clone(), snapshot.link.msp, app.clock.now()) }
    };
    let mut ticket_sync = TicketSync { app, attempt, link: &snapshot.link, record };
    let outcome =
        sync::call(attempt.breaker, snapshot.link.msp, apply(&mut ticket_sync, &snapshot.desired).boxed()).await;
    let desired = Some(snapshot.desired.fingerprint());
    let (result, _) =
        sync::record_outcome(app, attempt, ticket_sync.record, desired, SyncState::Synced, outcome).await?;
    Ok(result)
}

/// Returns the sync record of a ticket that is out of sync (a new record if none exists), or `None` if it is in sync or
/// already pending.
///
/// # Errors
/// The table did not answer.
pub async fn find_out_of_sync(app: &App, subject: &TicketSubject) -> Result<Option<TicketRecord>, ServiceError> {
    let Some(snapshot) = Snapshot::read(app, subject).await? else { return Ok(None) };
    if !snapshot.needs_sync(app, RetryMode::None) {
        return Ok(None);
    }
    Ok(match snapshot.ticket {
        Some(record) => (record.sync.state != SyncState::Pending).then_some(record),
        None => Some(TicketRecord::new(subject.clone(), snapshot.link.msp, app.clock.now())),
    })
}

/// The desired state, the organization's link and the ticket's record, as read.
struct Snapshot {
    desired: DesiredTicket,
    /// `true` if a group ticket covers the action.
    grouped: bool,
    link: AgreementLink,
    ticket: Option<TicketRecord>,
}

impl Snapshot {
    /// Returns `None` if nothing is recorded of the subject, or its organization is not linked.
    async fn read(app: &App, subject: &TicketSubject) -> Result<Option<Self>, ServiceError> {
        match subject {
            TicketSubject::Action(key) => {
                let Some(action) = app.store.action(key).await? else { return Ok(None) };
                let desired = |live_since| DesiredTicket::of_action(&action, live_since);
                Self::of(app, subject, &action.mailbox.organization, action.grouped, desired).await
            }
            TicketSubject::Organization(id) => {
                let Some(failures) = app.store.failures(id).await? else { return Ok(None) };
                let desired = |live_since| DesiredTicket::of_organization(&failures, app.vendor.region(), live_since);
                Self::of(app, subject, id, false, desired).await
            }
        }
    }

    /// Returns the snapshot of a subject of an organization. `desired` computes the ticket while the organization is subscribed,
    /// from the time since which it has been; without a live subscription, the ticket is cancelled.
    async fn of(
        app: &App,
        subject: &TicketSubject,
        organization: &VendorId,
        grouped: bool,
        desired: impl FnOnce(Timestamp) -> DesiredTicket,
    ) -> Result<Option<Self>, ServiceError> {
        let Some(link) = app.store.agreement_of(organization).await? else { return Ok(None) };
        let desired = match live_since(app, &link.account).await? {
            Some(since) => desired(since),
            None => DesiredTicket::Cancelled(text::unsubscribed(organization)),
        };
        let ticket = app.store.ticket(subject).await?;
        Ok(Some(Self { desired, grouped, link, ticket }))
    }

    /// Returns `true` if ConnectWise must be changed.
    fn needs_sync(&self, app: &App, retry_mode: RetryMode) -> bool {
        let of_msp = self.ticket.as_ref().filter(|ticket| ticket.msp == self.link.msp);
        let tracked = of_msp.and_then(|ticket| ticket.ticket.as_ref());
        let needed = self.desired.needs_a_ticket(tracked, app.clock.now(), app.ticket_policy.max_age) && !self.grouped;
        match of_msp {
            None => needed,
            Some(ticket) => {
                let in_progress = tracked.is_some_and(|tracked| !tracked.closed) || ticket.pending_create.is_some();
                let desired = self.desired.fingerprint();
                (needed || in_progress) && !sync::is_up_to_date(&ticket.sync, Some(&desired), retry_mode)
            }
        }
    }
}

/// Returns the time since which the account has had a live subscription. `None` without one.
pub async fn live_since(app: &App, account: &AccountKey) -> Result<Option<Timestamp>, ServiceError> {
    let Some(key) = app.store.live_subscription(account).await? else { return Ok(None) };
    let subscription = app.store.subscription(&key).await?;
    let live = subscription.filter(|subscription| subscription.state != SubscriptionState::Cancelled);
    Ok(live.map(|subscription| subscription.live_since.unwrap_or(subscription.created_at)))
}

async fn apply(ticket_sync: &mut TicketSync<'_>, desired: &DesiredTicket) -> Result<Option<String>, SyncError> {
    let connection = Connection::open(ticket_sync.app, ticket_sync.record.msp)
        .await?
        .ok_or_else(Connection::not_configured_error)?;
    let settings = connection.settings.as_ref().ok_or_else(Connection::not_configured_error)?;
    let connectwise = ticket_sync.app.connectwise()?;
    let client = connection.client(connectwise, ticket_sync.attempt.deadline, ticket_sync.attempt.outbound_calls);
    let outcome = match desired {
        DesiredTicket::Open(content) => ticket_sync.ensure_open(&client, settings, content).await,
        DesiredTicket::Closed(text) => ticket_sync.close(&client, settings, text, settings.mapping.closed_status).await,
        DesiredTicket::Cancelled(text) => {
            ticket_sync.close(&client, settings, text, settings.mapping.cancelled_status).await
        }
    };
    key_refusal::settle(ticket_sync.app, ticket_sync.record.msp, settings, outcome).await
}
