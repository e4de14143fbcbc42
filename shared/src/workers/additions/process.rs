//! One sync attempt of an addition: read, acquire the lease, apply, record the outcome.

use futures::FutureExt;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountKey, AdditionRecord, AgreementLink, SubscriptionKey, SyncState};
use crate::workers::additions::apply::{AdditionSync, ConnectWiseSession, EffectiveFrom};
use crate::workers::additions::desired::{DesiredAddition, billed_from};
use crate::workers::sync::{self, RetryMode, SyncAttempt, SyncError, SyncOutcome};

/// Synchronizes a subscription's addition with its desired state.
///
/// # Errors
/// An error if the outcome could not be recorded: the table did not answer, or the lease was lost.
pub async fn sync(app: &App, key: &SubscriptionKey, turn: &SyncAttempt<'_>) -> Result<SyncOutcome, ServiceError> {
    let Some(seen) = Snapshot::read(app, key).await? else { return Ok(SyncOutcome::UpToDate) };
    let Some(msp) = seen.needs_sync(turn.retry_mode) else { return Ok(SyncOutcome::UpToDate) };
    let fresh = AdditionRecord::new(key.clone(), seen.subscription.account.clone(), msp, app.clock.now());
    app.store.index_addition(&fresh).await?;
    let Some(claimed) = sync::acquire_lease(app, &fresh, turn).await? else { return Ok(SyncOutcome::Locked) };
    // The snapshot from before the lease may be stale.
    let Some(seen) = Snapshot::read(app, key).await? else { return Ok(SyncOutcome::UpToDate) };
    // Another MSP linked the account meanwhile. Its ids are not valid in this MSP's ConnectWise. The lease expires.
    if seen.needs_sync(turn.retry_mode).is_some_and(|now| now != msp) {
        return Ok(SyncOutcome::Locked);
    }
    let record = if claimed.msp == msp {
        claimed
    } else {
        // The addition is in the previous MSP's ConnectWise, which must not be changed any more.
        AdditionRecord { sync: claimed.sync, ..fresh }
    };
    let mut work = AdditionSync { app, turn, record };
    let (wish, outcome) = match seen.wish() {
        Ok(wish) => {
            let outcome = sync::call(turn.breaker, msp, apply(&mut work, &wish, &seen).boxed()).await;
            (Some(wish), outcome)
        }
        Err(stop) => (None, Err(stop)),
    };
    let done = if wish == Some(DesiredAddition::Unmanaged) { SyncState::Unlinked } else { SyncState::Synced };
    let wish = wish.as_ref().map(DesiredAddition::fingerprint);
    let (settled, _) = sync::record_outcome(app, turn, work.record, wish, done, outcome).await?;
    Ok(settled)
}

/// Returns the sync record of an addition that is out of sync (a new record if none exists), or `None` if it is in sync or
/// already pending.
///
/// # Errors
/// The table did not answer.
pub async fn find_out_of_sync(app: &App, key: &SubscriptionKey) -> Result<Option<AdditionRecord>, ServiceError> {
    let Some(seen) = Snapshot::read(app, key).await? else { return Ok(None) };
    let Some(msp) = seen.needs_sync(RetryMode::None) else { return Ok(None) };
    Ok(match seen.addition {
        Some(record) => (record.sync.state != SyncState::Pending).then_some(record),
        None => Some(AdditionRecord::new(key.clone(), seen.subscription.account, msp, app.clock.now())),
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

    fn wish(&self) -> Result<DesiredAddition, SyncError> {
        DesiredAddition::of(&self.subscription, self.link.as_ref()).ok_or_else(|| {
            SyncError::needs_action(
                "The billed plan and quantity of the subscription are not recorded.",
                "Change the subscription's seats in the BSS, or at portal/organizations/update if it was sold there. The addition is then synchronized automatically.",
            )
        })
    }

    /// Returns the MSP whose ConnectWise must be changed, or `None` if nothing is to be done.
    fn needs_sync(&self, anew: RetryMode) -> Option<MspId> {
        let msp = self.link.as_ref().map(|link| link.msp).or(self.addition.as_ref().map(|addition| addition.msp))?;
        let Some(addition) = self.addition.as_ref().filter(|addition| addition.msp == msp) else {
            // A subscription that ended without an addition needs none.
            let ended = matches!(self.wish(), Ok(DesiredAddition::Ended | DesiredAddition::Unmanaged));
            return (!ended).then_some(msp);
        };
        let wish = self.wish().ok().map(|wish| wish.fingerprint());
        (!sync::is_up_to_date(&addition.sync, wish.as_ref(), anew)).then_some(msp)
    }
}

async fn apply(
    work: &mut AdditionSync<'_>,
    wish: &DesiredAddition,
    seen: &Snapshot,
) -> Result<Option<String>, SyncError> {
    let Some(link) = &seen.link else { return Ok(None) };
    let connection = Connection::open(work.app, work.record.msp).await?.ok_or_else(Connection::not_configured_error)?;
    let connectwise = work.app.connectwise()?;
    let desk = ConnectWiseSession {
        client: connection.client(connectwise, work.turn.deadline, work.turn.outbound_calls),
        zone: &connection.zone,
    };
    work.resolve_pending_create(&desk).await?;
    match wish {
        DesiredAddition::Unmanaged => Ok(None),
        DesiredAddition::Ended => {
            let ended = seen.subscription.cancelled_at.unwrap_or(seen.subscription.updated_at);
            work.close(&desk, ended).await
        }
        DesiredAddition::Active(open) => {
            let since =
                EffectiveFrom { billing: billed_from(&seen.subscription, link), change: seen.subscription.updated_at };
            work.ensure_active(&desk, open, since).await
        }
    }
}
