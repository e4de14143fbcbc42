//! One sync attempt of a ticket: read, acquire the lease, apply, record the outcome.

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::store::{
    AccountKey, ActionRecord, AgreementLink, FailuresRecord, SyncState, SyncStatus, TicketRecord, TicketSubject,
};
use crate::workers::sync::{self, RetryMode, SyncAttempt, SyncError, SyncOutcome, key_refusal};
use crate::workers::tickets::create::TicketSync;
use crate::workers::tickets::desired::DesiredTicket;
use crate::workers::tickets::hold::{self, Hold, Owner};
use crate::workers::tickets::text;

/// Synchronizes the ticket of an action or an organization with its desired state.
///
/// # Errors
/// An error if the outcome could not be recorded: the table did not answer, or the lease was lost.
pub async fn sync(app: &App, subject: &TicketSubject, attempt: &SyncAttempt<'_>) -> Result<SyncOutcome, ServiceError> {
    let Some(snapshot) = Snapshot::read(app, subject).await? else {
        return release(app, subject, attempt, SyncState::Unlinked).await;
    };
    if !snapshot.needs_sync(app, attempt.retry_mode) {
        return match snapshot.of_msp() {
            Some(_) if snapshot.needs_a_ticket(app) => Ok(SyncOutcome::UpToDate),
            Some(_) => release(app, subject, attempt, SyncState::Synced).await,
            None => release(app, subject, attempt, SyncState::Unlinked).await,
        };
    }
    attempt.record_link(&snapshot.link);
    let new_record = TicketRecord::new(subject.clone(), snapshot.link.msp, app.clock.now());
    app.store.index_ticket(&new_record).await?;
    let Some(leased) = sync::acquire_lease(app, &new_record, attempt).await? else { return Ok(SyncOutcome::Locked) };
    // The snapshot from before the lease may be stale.
    let Some(snapshot) = Snapshot::read(app, subject).await? else {
        return Ok(sync::record_outcome(app, attempt, leased, None, SyncState::Unlinked, Ok(None)).await?.0);
    };
    let record = if leased.msp == snapshot.link.msp {
        leased
    } else {
        TicketRecord { sync: leased.sync, ..TicketRecord::new(subject.clone(), snapshot.link.msp, app.clock.now()) }
    };
    let desired = Some(snapshot.fingerprint());
    let ticket_before = record.ticket.clone();
    let mut ticket_sync = TicketSync { app, attempt, link: &snapshot.link, record };
    let outcome = if snapshot.may_open() || ticket_sync.record.is_open() || ticket_sync.record.may_have_been_created() {
        sync::call(attempt.breaker, snapshot.link.msp, apply(&mut ticket_sync, &snapshot).boxed()).await
    } else {
        Ok(None)
    };
    let mut record = ticket_sync.record;
    if outcome.is_ok() {
        record.forget_create_on_ended();
        if snapshot.only_snoozed_fail {
            return end(app, attempt, record, desired).await;
        }
        let is_held = !record.is_open() && record.ticket == ticket_before;
        if let Some(hold) = snapshot.hold.filter(|_| is_held) {
            return hold_back(app, attempt, record, desired, hold).await;
        }
        record.held_since = None;
    }
    Ok(sync::record_outcome(app, attempt, record, desired, SyncState::Synced, outcome).await?.0)
}

/// Takes a ticket that is not open out of the schedule, and out of what waits for a person, because its failures are gone or their
/// organization is not linked any more.
async fn release(
    app: &App,
    subject: &TicketSubject,
    attempt: &SyncAttempt<'_>,
    done: SyncState,
) -> Result<SyncOutcome, ServiceError> {
    let Some(record) = app.store.ticket(subject).await?.filter(TicketRecord::waits_for_nothing) else {
        return Ok(SyncOutcome::UpToDate);
    };
    let Some(record) = sync::acquire_lease(app, &record, attempt).await? else { return Ok(SyncOutcome::Locked) };
    Ok(sync::record_outcome(app, attempt, record, None, done, Ok(None)).await?.0)
}

/// Records that a group ticket has ended although snoozed failures last. When they are no longer snoozed, they have another one.
async fn end(
    app: &App,
    attempt: &SyncAttempt<'_>,
    record: TicketRecord,
    desired: Option<Fingerprint>,
) -> Result<SyncOutcome, ServiceError> {
    let now = app.clock.now();
    let record = TicketRecord { ended_at: Some(now), held_since: record.held_since.or(Some(now)), ..record };
    app.store.save_sync(&record, &attempt.id).await?;
    let snapshot = Snapshot::read(app, &record.subject).await?;
    let to_hold = snapshot.and_then(|snapshot| Some((snapshot.fingerprint(), snapshot.hold?)));
    match to_hold {
        Some((desired, hold)) => hold_back(app, attempt, record, Some(desired), hold).await,
        None => Ok(sync::record_outcome(app, attempt, record, desired, SyncState::Synced, Ok(None)).await?.0),
    }
}

/// Records that the ticket is not opened at present, and releases the lease. With an end, the redrive looks at it then; a change of
/// the snoozes leads to it by the list of such tickets.
async fn hold_back(
    app: &App,
    attempt: &SyncAttempt<'_>,
    record: TicketRecord,
    desired: Option<Fingerprint>,
    hold: Hold,
) -> Result<SyncOutcome, ServiceError> {
    let now = app.clock.now();
    app.store.index_held_ticket(record.msp, &record.subject).await?;
    let sync = SyncStatus {
        state: SyncState::Held,
        reason: Some(hold.reason),
        desired_hash: desired,
        next_attempt_at: hold.until.map(Timestamp::as_millisecond),
        ..SyncStatus::new(now)
    };
    let held_since = record.held_since.or(Some(now));
    let record = TicketRecord { sync, held_since, ..record };
    app.store.save_sync(&record, &attempt.id).await?;
    // Again: the redrive may have taken the entry for an old one before it saw the record.
    app.store.index_held_ticket(record.msp, &record.subject).await?;
    metrics::counter!("TicketsHeld").increment(1);
    Ok(SyncOutcome::Synced)
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
    /// The reason why a ticket that must be opened is not opened at present.
    hold: Option<Hold>,
    /// `true` if the group ticket is over, because all failures that are left are snoozed.
    only_snoozed_fail: bool,
}

/// One failing action, or the failing actions of an organization.
enum Failing {
    Action(ActionRecord),
    Organization(FailuresRecord),
}

impl Snapshot {
    /// Returns `None` if nothing is recorded of the subject, or its organization is not linked. Without a live subscription, the
    /// desired ticket is cancelled.
    async fn read(app: &App, subject: &TicketSubject) -> Result<Option<Self>, ServiceError> {
        let mut failing = match subject {
            TicketSubject::Action(key) => app.store.action(key).await?.map(Failing::Action),
            TicketSubject::Organization(id) => app.store.failures(id).await?.map(Failing::Organization),
        };
        let Some(failing) = failing.as_mut() else { return Ok(None) };
        let (organization, grouped) = match failing {
            Failing::Action(action) => (action.mailbox.organization.clone(), action.grouped),
            Failing::Organization(failures) => (failures.organization.clone(), false),
        };
        let Some(link) = app.store.agreement_of(&organization).await? else { return Ok(None) };
        let live_since = match link.left_at {
            // The customer is another reseller's.
            Some(_) => None,
            None => live_since(app, &link.account).await?,
        };
        let has_left = link.left_at.is_some();
        let ticket = app.store.ticket(subject).await?;
        let of_msp = ticket.as_ref().filter(|ticket| ticket.msp == link.msp);
        let ended_at = of_msp.and_then(|ticket| ticket.ended_at);
        let desired = |failing: &Failing| match (live_since, failing) {
            (None, _) if has_left => DesiredTicket::Cancelled(text::has_left(&organization)),
            (None, _) => DesiredTicket::Cancelled(text::unsubscribed(&organization)),
            (Some(since), Failing::Action(action)) => DesiredTicket::of_action(action, since),
            (Some(since), Failing::Organization(failures)) => {
                let since = ended_at.map_or(since, |ended_at| since.max(ended_at));
                DesiredTicket::of_organization(failures, app.vendor.region(), since)
            }
        };
        let owner = Owner { msp: link.msp, company: link.company };
        let mut snapshot =
            Self { desired: desired(failing), grouped, link, ticket, hold: None, only_snoozed_fail: false };
        let needs_a_ticket = snapshot.needs_a_ticket(app);
        match failing {
            Failing::Action(action) if needs_a_ticket => {
                snapshot.hold = Box::pin(hold::of_action(app, owner, action)).await?;
            }
            Failing::Organization(failures) if matches!(snapshot.desired, DesiredTicket::Open(_)) => {
                let group = Box::pin(hold::of_organization(app, owner, failures)).await?;
                snapshot.desired = desired(failing);
                snapshot.hold = group.hold.filter(|_| needs_a_ticket);
                if group.all_snoozed && snapshot.covers_failures() {
                    snapshot.desired = DesiredTicket::Closed(text::only_snoozed_fail());
                    snapshot.only_snoozed_fail = true;
                }
            }
            Failing::Action(_) | Failing::Organization(_) => {}
        }
        Ok(Some(snapshot))
    }

    /// Returns `true` if the MSP has, or had, a ticket for the failures.
    fn covers_failures(&self) -> bool {
        let DesiredTicket::Open(content) = &self.desired else { return false };
        let tracked = self.of_msp().and_then(|ticket| ticket.ticket.as_ref());
        tracked.is_some_and(|tracked| !tracked.closed || tracked.previous_end == content.previous_end)
    }

    /// Returns `true` if ConnectWise is asked even if there is no ticket yet.
    fn may_open(&self) -> bool {
        self.hold.is_none() && !self.grouped && !self.only_snoozed_fail
    }

    fn of_msp(&self) -> Option<&TicketRecord> {
        self.ticket.as_ref().filter(|ticket| ticket.msp == self.link.msp)
    }

    /// Returns `true` if no ticket covers the failures. Those that were held have no age.
    fn needs_a_ticket(&self, app: &App) -> bool {
        let ticket = self.of_msp();
        let was_held = ticket.is_some_and(|ticket| ticket.held_since.is_some());
        let max_age = if was_held { SignedDuration::MAX } else { app.ticket_policy.max_age };
        let tracked = ticket.and_then(|ticket| ticket.ticket.as_ref());
        !self.grouped && self.desired.needs_a_ticket(tracked, app.clock.now(), max_age)
    }

    /// Returns the fingerprint of the desired state, or of the hold that keeps it back.
    fn fingerprint(&self) -> Fingerprint {
        let desired = self.desired.fingerprint();
        self.hold.as_ref().map_or_else(|| desired.clone(), |hold| Fingerprint::hash(&(&desired, hold)))
    }

    /// Returns `true` if ConnectWise must be changed, or the record because the ticket is held or not held any more.
    fn needs_sync(&self, app: &App, retry_mode: RetryMode) -> bool {
        let needed = self.needs_a_ticket(app);
        match self.of_msp() {
            None => needed,
            Some(ticket) => {
                let in_progress = ticket.is_open()
                    || ticket.pending_create.is_some()
                    || ticket.held_since.is_some()
                    || self.only_snoozed_fail;
                let desired = self.fingerprint();
                (needed || in_progress) && !sync::is_up_to_date(&ticket.sync, Some(&desired), retry_mode)
            }
        }
    }
}

/// Returns the time since which the account has had a live subscription. `None` without one.
pub async fn live_since(app: &App, account: &AccountKey) -> Result<Option<Timestamp>, ServiceError> {
    let live = live_subscription(app, account).await?;
    Ok(live.map(|subscription| subscription.sold_since()))
}

/// Returns the account's live or suspended subscription.
///
/// # Errors
/// The table did not answer.
pub async fn live_subscription(app: &App, account: &AccountKey) -> Result<Option<SubscriptionRecord>, ServiceError> {
    let Some(key) = app.store.live_subscription(account).await? else { return Ok(None) };
    let subscription = app.store.subscription(&key).await?;
    Ok(subscription.filter(|subscription| subscription.state != SubscriptionState::Cancelled))
}

async fn apply(ticket_sync: &mut TicketSync<'_>, snapshot: &Snapshot) -> Result<Option<String>, SyncError> {
    let connection = Connection::open(ticket_sync.app, ticket_sync.record.msp)
        .await?
        .ok_or_else(Connection::not_configured_error)?;
    let settings = connection.settings.as_ref().ok_or_else(Connection::not_configured_error)?;
    let connectwise = ticket_sync.app.connectwise()?;
    let client = connection.client(connectwise, ticket_sync.attempt.deadline, ticket_sync.attempt.outbound_calls);
    let outcome = match &snapshot.desired {
        DesiredTicket::Open(content) if !snapshot.may_open() => ticket_sync.keep_open(&client, content).await,
        DesiredTicket::Open(content) => ticket_sync.ensure_open(&client, settings, content).await,
        DesiredTicket::Closed(text) => ticket_sync.close(&client, settings, text, settings.mapping.closed_status).await,
        DesiredTicket::Cancelled(text) => {
            ticket_sync.close(&client, settings, text, settings.mapping.cancelled_status).await
        }
    };
    key_refusal::settle(ticket_sync.app, ticket_sync.record.msp, settings, outcome).await
}
