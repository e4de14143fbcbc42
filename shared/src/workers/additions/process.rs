//! One sync attempt of an addition: read, acquire the lease, apply, record the outcome.

use futures::FutureExt;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountKey, AdditionRecord, AgreementLink, SubscriptionKey, SyncState};
use crate::workers::additions::apply::{AdditionSync, Billed, ConnectWiseSession};
use crate::workers::additions::dates::End;
use crate::workers::additions::desired::DesiredAddition;
use crate::workers::sync::{self, RetryMode, SyncAttempt, SyncError, SyncOutcome, key_refusal};

/// Synchronizes a subscription's addition with its desired state.
///
/// # Errors
/// An error if the outcome could not be recorded: the table did not answer, or the lease was lost.
pub async fn sync(app: &App, key: &SubscriptionKey, attempt: &SyncAttempt<'_>) -> Result<SyncOutcome, ServiceError> {
    let Some(snapshot) = Snapshot::read(app, key).await? else { return Ok(SyncOutcome::UpToDate) };
    let Some(msp) = snapshot.needs_sync(attempt.retry_mode) else { return Ok(SyncOutcome::UpToDate) };
    if let Some(link) = &snapshot.link {
        attempt.record_link(link);
    }
    attempt.ids.record(|ids| {
        ids.application = Some(key.application);
        ids.account = Some(snapshot.subscription.account.to_string());
        ids.subscription = Some(key.subscription.to_string());
    });
    let new_record = AdditionRecord::new(key.clone(), snapshot.subscription.account.clone(), msp, app.clock.now());
    app.store.index_addition(&new_record).await?;
    let Some(leased) = sync::acquire_lease(app, &new_record, attempt).await? else { return Ok(SyncOutcome::Locked) };
    // The snapshot from before the lease may be stale.
    let Some(snapshot) = Snapshot::read(app, key).await? else { return Ok(SyncOutcome::UpToDate) };
    // Another MSP linked the account meanwhile. Its ids are not valid in this MSP's ConnectWise. The lease expires.
    if snapshot.needs_sync(attempt.retry_mode).is_some_and(|now| now != msp) {
        return Ok(SyncOutcome::Locked);
    }
    let record = if leased.msp == msp {
        leased
    } else {
        // The addition is in the previous MSP's ConnectWise, which must not be changed any more.
        AdditionRecord { sync: leased.sync, ..new_record }
    };
    let mut addition_sync = AdditionSync { app, attempt, record };
    let (desired, outcome) = match snapshot.desired() {
        Ok(desired) => {
            let outcome =
                sync::call(attempt.breaker, msp, apply(&mut addition_sync, &desired, &snapshot).boxed()).await;
            (Some(desired), outcome)
        }
        Err(error) => (None, Err(error)),
    };
    let done = if desired == Some(DesiredAddition::Unmanaged) { SyncState::Unlinked } else { SyncState::Synced };
    let desired = desired.as_ref().map(DesiredAddition::fingerprint);
    let (result, _) = sync::record_outcome(app, attempt, addition_sync.record, desired, done, outcome).await?;
    Ok(result)
}

/// Returns the sync record of an addition that is out of sync (a new record if none exists), or `None` if it is in sync or
/// already pending.
///
/// # Errors
/// The table did not answer.
pub async fn find_out_of_sync(app: &App, key: &SubscriptionKey) -> Result<Option<AdditionRecord>, ServiceError> {
    let Some(snapshot) = Snapshot::read(app, key).await? else { return Ok(None) };
    let Some(msp) = snapshot.needs_sync(RetryMode::None) else { return Ok(None) };
    Ok(match snapshot.addition {
        Some(record) => (record.sync.state != SyncState::Pending).then_some(record),
        None => Some(AdditionRecord::new(key.clone(), snapshot.subscription.account, msp, app.clock.now())),
    })
}

/// The subscription, its account's link and the addition's record, as read.
struct Snapshot {
    subscription: SubscriptionRecord,
    link: Option<AgreementLink>,
    addition: Option<AdditionRecord>,
}

impl Snapshot {
    async fn read(app: &App, key: &SubscriptionKey) -> Result<Option<Self>, ServiceError> {
        let Some(subscription) = app.store.subscription(key).await? else { return Ok(None) };
        let account = AccountKey { application: key.application, account: subscription.account.clone() };
        let link = app.store.agreement(&account).await?;
        let addition = app.store.addition(key).await?;
        Ok(Some(Self { subscription, link, addition }))
    }

    fn desired(&self) -> Result<DesiredAddition, SyncError> {
        DesiredAddition::of(&self.subscription, self.link.as_ref()).ok_or_else(|| {
            SyncError::needs_action(
                "The billed plan and quantity of the subscription are not recorded.",
                "Change the subscription's seats in the BSS, or at portal/organizations/update if it was sold there. The addition is then synchronized automatically.",
            )
        })
    }

    /// Returns the MSP whose ConnectWise must be changed, or `None` if nothing is to be done.
    fn needs_sync(&self, retry_mode: RetryMode) -> Option<MspId> {
        let msp = self.link.as_ref().map(|link| link.msp).or(self.addition.as_ref().map(|addition| addition.msp))?;
        let Some(addition) = self.addition.as_ref().filter(|addition| addition.msp == msp) else {
            // A subscription that ended without an addition needs none.
            let ended = matches!(self.desired(), Ok(DesiredAddition::Ended | DesiredAddition::Unmanaged));
            return (!ended).then_some(msp);
        };
        let desired = self.desired().ok().map(|desired| desired.fingerprint());
        (!sync::is_up_to_date(&addition.sync, desired.as_ref(), retry_mode)).then_some(msp)
    }
}

async fn apply(
    addition_sync: &mut AdditionSync<'_>,
    desired: &DesiredAddition,
    snapshot: &Snapshot,
) -> Result<Option<String>, SyncError> {
    let Some(link) = &snapshot.link else { return Ok(None) };
    let connection = Connection::open(addition_sync.app, addition_sync.record.msp)
        .await?
        .ok_or_else(Connection::not_configured_error)?;
    let connectwise = addition_sync.app.connectwise()?;
    let session = ConnectWiseSession {
        client: connection.client(connectwise, addition_sync.attempt.deadline, addition_sync.attempt.outbound_calls),
        zone: &connection.zone,
    };
    let outcome = apply_in(addition_sync, &session, desired, snapshot, link).await;
    let settings = connection.settings.as_ref().ok_or_else(Connection::not_configured_error)?;
    key_refusal::settle(addition_sync.app, addition_sync.record.msp, settings, outcome).await
}

async fn apply_in(
    addition_sync: &mut AdditionSync<'_>,
    session: &ConnectWiseSession<'_>,
    desired: &DesiredAddition,
    snapshot: &Snapshot,
    link: &AgreementLink,
) -> Result<Option<String>, SyncError> {
    addition_sync.resolve_pending_create(session).await?;
    match desired {
        DesiredAddition::Unmanaged => Ok(None),
        DesiredAddition::Ended => {
            let end = End::of_subscription(&snapshot.subscription, link, session.zone);
            addition_sync.close(session, &end).await
        }
        DesiredAddition::Active(active) => {
            let billed = Billed { subscription: &snapshot.subscription, link };
            addition_sync.ensure_active(session, active, billed).await
        }
    }
}
