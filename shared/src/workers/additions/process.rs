//! One subscription's turn: read, claim, make it so, record.

use futures::FutureExt;

use crate::app::App;
use crate::app::msp_connection::Connection;
use crate::domain::error::ServiceError;
use crate::domain::msp::MspId;
use crate::domain::subscription_record::SubscriptionRecord;
use crate::store::{AccountKey, AdditionRecord, AgreementLink, SyncState, SubscriptionKey};
use crate::workers::additions::apply::{ConnectWiseSession, EffectiveFrom, AdditionSync};
use crate::workers::additions::desired::{DesiredAddition, billed_from};
use crate::workers::sync::{self, RetryMode, SyncOutcome, SyncError, SyncAttempt};

/// Has the subscription's addition as it shall be, as far as that can be had now.
///
/// # Errors
/// A failure if nothing could be recorded: the table did not answer, or the lease was lost.
pub async fn sync(app: &App, key: &SubscriptionKey, turn: &SyncAttempt<'_>) -> Result<SyncOutcome, ServiceError> {
    let Some(seen) = Snapshot::read(app, key).await? else { return Ok(SyncOutcome::UpToDate) };
    let Some(msp) = seen.needs_sync(turn.retry_mode) else { return Ok(SyncOutcome::UpToDate) };
    let fresh = AdditionRecord::new(key.clone(), seen.subscription.account.clone(), msp, app.clock.now());
    app.store.index_addition(&fresh).await?;
    let Some(claimed) = sync::acquire_lease(app, &fresh, turn).await? else { return Ok(SyncOutcome::Locked) };
    // What was read before the claim may be old by now.
    let Some(seen) = Snapshot::read(app, key).await? else { return Ok(SyncOutcome::UpToDate) };
    // Linked by another MSP meanwhile: its numbers mean nothing in this one's ConnectWise. The lease runs out by itself.
    if seen.needs_sync(turn.retry_mode).is_some_and(|now| now != msp) {
        return Ok(SyncOutcome::Locked);
    }
    let record = if claimed.msp == msp {
        claimed
    } else {
        // It was in another MSP's ConnectWise, which is not ours to change any more.
        AdditionRecord { sync: claimed.sync, ..fresh }
    };
    let mut work = AdditionSync { app, turn, record };
    let (wish, outcome) = match seen.wish() {
        Ok(wish) => {
            let outcome = sync::call(turn, msp, apply(&mut work, &wish, &seen).boxed()).await;
            (Some(wish), outcome)
        }
        Err(stop) => (None, Err(stop)),
    };
    let done = if wish == Some(DesiredAddition::Unmanaged) { SyncState::Unlinked } else { SyncState::Synced };
    let wish = wish.as_ref().map(DesiredAddition::fingerprint);
    let (settled, _) = sync::record_outcome(app, turn, work.record, wish, done, outcome).await?;
    Ok(settled)
}

/// The record of an addition that is not as it shall be, as it is or as it has to be made; none if the addition is, or if it is
/// pending already.
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

/// What is on record.
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
                "The subscription was last changed before its plan and seats were kept for this.",
                "Change its seats: in the BSS, or at portal/organizations/update if it was sold there.",
            )
        })
    }

    /// In whose ConnectWise there is something to do; none if there is nothing.
    fn needs_sync(&self, anew: RetryMode) -> Option<MspId> {
        let msp = self.link.as_ref().map(|link| link.msp).or(self.addition.as_ref().map(|addition| addition.msp))?;
        let Some(addition) = self.addition.as_ref().filter(|addition| addition.msp == msp) else {
            // Nothing was ever made of a subscription that has ended.
            let ended = matches!(self.wish(), Ok(DesiredAddition::Ended | DesiredAddition::Unmanaged));
            return (!ended).then_some(msp);
        };
        let wish = self.wish().ok().map(|wish| wish.fingerprint());
        (!sync::is_up_to_date(&addition.sync, wish.as_ref(), anew)).then_some(msp)
    }
}

async fn apply(work: &mut AdditionSync<'_>, wish: &DesiredAddition, seen: &Snapshot) -> Result<Option<String>, SyncError> {
    let Some(link) = &seen.link else { return Ok(None) };
    let connection = Connection::open(work.app, work.record.msp).await?.ok_or_else(Connection::unset)?;
    let connectwise = work.app.connectwise()?;
    let desk =
        ConnectWiseSession { client: connection.client(connectwise, work.turn.deadline, work.turn.outbound_calls), zone: &connection.zone };
    work.resolve_pending_create(&desk).await?;
    match wish {
        DesiredAddition::Unmanaged => Ok(None),
        DesiredAddition::Ended => {
            let ended = seen.subscription.cancelled_at.unwrap_or(seen.subscription.updated_at);
            work.close(&desk, ended).await
        }
        DesiredAddition::Open(open) => {
            let since = EffectiveFrom { billing: billed_from(&seen.subscription, link), change: seen.subscription.updated_at };
            work.ensure_active(&desk, open, since).await
        }
    }
}
