//! One subscription's turn: read, claim, make it so, record.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::stop::Stop;
use super::wish::{Wish, billed_from};
use super::work::{Desk, Work};
use crate::app::App;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::portal::Connection;
use crate::store::{AccountKey, AdditionRecord, AdditionState, AgreementLink, SubscriptionKey, SubscriptionRecord};
use crate::vendor::CallLog;

/// How much longer than its owner's deadline a lease lasts.
const GRACE: SignedDuration = SignedDuration::from_secs(2);

/// The soonest and the latest that what is pending is due again; in between, the longer it is pending the later.
const SOONEST: SignedDuration = SignedDuration::from_mins(1);
const LATEST: SignedDuration = SignedDuration::from_hours(1);

/// Whether what was given up is taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anew {
    /// It is not.
    No,
    /// It is: somebody says that it is mended.
    Retry,
    /// It is, and an addition that is not there any more is made anew.
    Recreate,
}

/// Who works on it, and what they may spend.
#[derive(Debug)]
pub struct Turn<'a> {
    /// Names it and owns its lease; never used twice.
    pub id: String,
    /// When it must be over.
    pub deadline: Deadline,
    /// Where calls are noted.
    pub log: &'a CallLog,
    /// Whether what was given up is taken up again.
    pub anew: Anew,
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// There is nothing to do: it is no subscription's, it has no agreement, or it is as it shall be.
    Nothing,
    /// It is as it shall be now.
    Applied,
    /// Somebody must mend something, which the record says.
    Failed(String),
    /// It is tried again, because of this.
    Pending(String),
    /// Somebody else is at work on it.
    Busy,
}

/// Has the subscription's addition as it shall be, as far as that can be had now.
///
/// # Errors
/// A failure if nothing could be recorded: the table did not answer, or the lease was lost.
pub async fn settle(app: &App, key: &SubscriptionKey, turn: &Turn<'_>) -> Result<Settled, Failure> {
    let Some(seen) = Seen::read(app, key).await? else { return Ok(Settled::Nothing) };
    let Some(account) = seen.is_open(turn.anew) else { return Ok(Settled::Nothing) };
    let now = app.clock.now();
    let fresh = AdditionRecord::new(key.clone(), seen.subscription.account.clone(), account, now);
    let until = lease_end(now, turn.deadline.remaining());
    let Some(claimed) = app.store.claim_addition(&fresh, &turn.id, until, now).await? else {
        return Ok(Settled::Busy);
    };
    // What was read before the claim may be old by now.
    let Some(seen) = Seen::read(app, key).await? else { return Ok(Settled::Nothing) };
    let record = if claimed.msp == account {
        claimed
    } else {
        // It was in another MSP's ConnectWise, which is not ours to change any more.
        AdditionRecord { lease_owner: claimed.lease_owner, lease_until: claimed.lease_until, ..fresh }
    };
    let mut work = Work { app, turn, record };
    let (wish, outcome) = match seen.wish() {
        Ok(wish) => {
            let outcome = carry_out(&mut work, &wish, &seen).await;
            (Some(wish), outcome)
        }
        Err(stop) => (None, Err(stop)),
    };
    finish(work, wish.as_ref(), outcome).await
}

/// What is on record.
struct Seen {
    subscription: SubscriptionRecord,
    link: Option<AgreementLink>,
    addition: Option<AdditionRecord>,
}

impl Seen {
    async fn read(app: &App, key: &SubscriptionKey) -> Result<Option<Self>, Failure> {
        let Some(subscription) = app.store.subscription(key).await? else { return Ok(None) };
        let account = AccountKey { application: key.application, account: subscription.account.clone() };
        let link = app.store.agreement(&account).await?;
        let addition = app.store.addition(key).await?;
        Ok(Some(Self { subscription, link, addition }))
    }

    fn wish(&self) -> Result<Wish, Stop> {
        Wish::of(&self.subscription, self.link.as_ref()).ok_or_else(|| {
            Stop::mend(
                "The subscription was last changed before its plan and seats were kept for this.",
                "Press Retry on the subscription in the BSS, or change its seats.",
            )
        })
    }

    /// In whose ConnectWise there is something to do; none if there is nothing.
    fn is_open(&self, anew: Anew) -> Option<crate::msp::MspId> {
        let msp = self.link.as_ref().map(|link| link.msp).or(self.addition.as_ref().map(|addition| addition.msp))?;
        let Some(addition) = self.addition.as_ref().filter(|addition| addition.msp == msp) else {
            // Nothing was ever made of a subscription that has ended.
            let ended = matches!(self.wish(), Ok(Wish::Ended | Wish::LetGo));
            return (!ended).then_some(msp);
        };
        let same = self.wish().is_ok_and(|wish| addition.wish == Some(wish.fingerprint()));
        let rests = match addition.state {
            AdditionState::Pending => false,
            AdditionState::Applied | AdditionState::Unlinked => same && anew != Anew::Recreate,
            AdditionState::Failed => same && anew == Anew::No,
        };
        (!rests || addition.lease_owner.is_some()).then_some(msp)
    }
}

async fn carry_out(work: &mut Work<'_>, wish: &Wish, seen: &Seen) -> Result<Option<String>, Stop> {
    let Some(link) = &seen.link else { return Ok(None) };
    let connection = Connection::open(work.app, work.record.msp).await?.ok_or_else(Connection::unset)?;
    let connectwise = work.app.connectwise()?;
    let desk =
        Desk { client: connection.client(connectwise, work.turn.deadline, work.turn.log), zone: &connection.zone };
    work.resolve(&desk).await?;
    match wish {
        Wish::LetGo => Ok(None),
        Wish::Ended => {
            let ended = seen.subscription.cancelled_at.unwrap_or(seen.subscription.updated_at);
            work.end(&desk, ended).await
        }
        Wish::Open(open) => work.open(&desk, open, billed_from(&seen.subscription, link)).await,
    }
}

/// Writes down how it went, and gives the lease back.
async fn finish(
    work: Work<'_>,
    wish: Option<&Wish>,
    outcome: Result<Option<String>, Stop>,
) -> Result<Settled, Failure> {
    let Work { app, turn, record } = work;
    let now = app.clock.now();
    let settled = AdditionRecord {
        reason: None,
        to_do: None,
        wish: wish.map(Wish::fingerprint),
        pending_since: None,
        lease_owner: None,
        lease_until: None,
        updated_at: now,
        ..record.clone()
    };
    let pending = |reason: String| {
        let since = record.pending_since.unwrap_or(now);
        AdditionRecord {
            state: AdditionState::Pending,
            reason: Some(reason),
            wish: None,
            pending_since: Some(since),
            lease_until: Some(due(now, since)),
            ..settled.clone()
        }
    };
    let (record, settled) = match outcome {
        Ok(note) => {
            let state = if wish == Some(&Wish::LetGo) { AdditionState::Unlinked } else { AdditionState::Applied };
            (AdditionRecord { state, reason: note, ..settled }, Ok(Settled::Applied))
        }
        Err(Stop::Mend { reason, to_do }) => {
            let state = AdditionState::Failed;
            let record = AdditionRecord { state, reason: Some(reason.clone()), to_do: Some(to_do), ..settled };
            (record, Ok(Settled::Failed(reason)))
        }
        Err(Stop::Later { reason }) => (pending(reason.clone()), Ok(Settled::Pending(reason))),
        Err(Stop::Broken(failure)) => (pending(failure.message().to_owned()), Err(failure)),
    };
    app.store.save_addition(&record, &turn.id).await?;
    tell(&record, turn);
    settled
}

fn tell(record: &AdditionRecord, turn: &Turn<'_>) {
    let calls = serde_json::to_string(&turn.log.calls()).unwrap_or_default();
    let state = serde_json::to_value(record.state).unwrap_or_default();
    tracing::info!(
        turn = turn.id,
        application = %record.subscription.application,
        subscription = %record.subscription.subscription,
        msp = %record.msp,
        state = state.as_str(),
        reason = record.reason,
        connectwise_calls = calls,
        "addition"
    );
    metrics::counter!("Additions", "State" => state.as_str().unwrap_or_default().to_owned()).increment(1);
}

fn due(now: Timestamp, since: Timestamp) -> i64 {
    let wait = now.duration_since(since).clamp(SOONEST, LATEST);
    now.saturating_add(wait).map_or(i64::MAX, Timestamp::as_millisecond)
}

fn lease_end(now: Timestamp, remaining: Duration) -> i64 {
    let lasts = SignedDuration::try_from(remaining).unwrap_or(SignedDuration::ZERO).saturating_add(GRACE);
    now.saturating_add(lasts).map_or(i64::MAX, Timestamp::as_millisecond)
}
