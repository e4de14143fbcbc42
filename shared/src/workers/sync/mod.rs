//! What is kept the same in ConnectWise, one thing at a time: whose turn it is, how it ends, and what is written down of it.

mod circuit_breaker;
mod error;

use std::hash::Hash;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

pub use circuit_breaker::{Silent, ask};
pub use error::Stop;

use crate::app::App;
use crate::connectwise::AdditionId;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::Subject;
use crate::store::{Errand, ErrandRecord, State};
use crate::workers::stream::{Answer, Event};

/// How long a create that was not answered may still be carried out: it is not sent again sooner.
pub const ON_ITS_WAY: SignedDuration = SignedDuration::from_mins(5);

/// How long one turn may take.
const TURN: Duration = Duration::from_secs(30);

/// How many of a batch are worked on at once. ConnectWise asks for little at a time, and what one takes is a few calls one
/// after the other.
const AT_ONCE: usize = 4;

/// How much longer than its owner's deadline a lease lasts.
const GRACE: SignedDuration = SignedDuration::from_secs(2);

/// The soonest and the latest that what is pending is due again; in between, the longer it is pending the later.
const SOONEST: SignedDuration = SignedDuration::from_mins(1);
const LATEST: SignedDuration = SignedDuration::from_hours(1);

/// What is said of what waits for others of its MSP.
pub const SKIPPED: &str = "ConnectWise did not answer when something else was to be done. It is tried again by itself.";

/// Whether what was given up is taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anew {
    /// It is not.
    No,
    /// It is: somebody says that it is mended.
    Retry,
    /// It is, and what is not there any more is made anew.
    Recreate,
    /// It is, and this addition, which was not made for it, is taken over.
    Adopt(AdditionId),
}

/// Who works on it, and what they may spend.
#[derive(Debug)]
pub struct Turn<'a> {
    /// Names it and owns its lease; never used twice.
    pub id: String,
    /// When it must be over.
    pub deadline: Deadline,
    /// Where calls are noted.
    pub log: &'a OutboundCallLog,
    /// Whose ConnectWise is not asked any more.
    pub silent: &'a Silent,
    /// Whether what was given up is taken up again.
    pub anew: Anew,
}

impl<'a> Turn<'a> {
    /// One that nobody asked for, over before `deadline` and in 30 seconds; what was given up stays so.
    pub fn by_itself(id: String, deadline: Deadline, log: &'a OutboundCallLog, silent: &'a Silent) -> Self {
        Self { id, deadline: Deadline::after(deadline.remaining().min(TURN)), log, silent, anew: Anew::No }
    }
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// There is nothing to do.
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

/// Whether there is nothing to do about `errand`, which shall be as `wish` says.
pub fn rests(errand: &Errand, wish: Option<&Fingerprint>, anew: Anew) -> bool {
    let same = wish.is_some() && errand.wish.as_ref() == wish;
    let rests = match errand.state {
        State::Pending => false,
        State::Applied | State::Unlinked => same && anew != Anew::Recreate,
        State::Failed => same && anew == Anew::No,
    };
    rests && errand.lease_owner.is_none()
}

/// Takes the lease of a record for a turn; none if somebody else holds it.
pub async fn claim<R: ErrandRecord>(app: &App, fresh: &R, turn: &Turn<'_>) -> Result<Option<R>, ServiceError> {
    let now = app.clock.now();
    Ok(app.store.claim_errand(fresh, &turn.id, lease_end(now, turn.deadline.remaining()), now).await?)
}

/// Writes down how a turn went, and gives its lease back. `done` is where the errand stands if all went well.
pub async fn finish<R: ErrandRecord>(
    app: &App,
    turn: &Turn<'_>,
    record: R,
    wish: Option<Fingerprint>,
    done: State,
    outcome: Result<Option<String>, Stop>,
) -> Result<(Settled, R), ServiceError> {
    let now = app.clock.now();
    let since = record.errand().pending_since.unwrap_or(now);
    let resting = Errand { wish, ..Errand::new(now) };
    let pending = |reason: String, due: i64| Errand {
        reason: Some(reason),
        wish: None,
        pending_since: Some(since),
        lease_until: Some(due),
        ..resting.clone()
    };
    let failed = |reason: String, to_do: String| Errand {
        state: State::Failed,
        reason: Some(reason),
        to_do: Some(to_do),
        lease_until: Some(now.as_millisecond()),
        ..resting.clone()
    };
    let (errand, settled) = match outcome {
        Ok(note) => (Errand { state: done, reason: note, ..resting }, Ok(Settled::Applied)),
        Err(Stop::Mend { reason, to_do }) => (failed(reason.clone(), to_do), Ok(Settled::Failed(reason))),
        Err(Stop::MendAndRetry { reason, first }) => {
            let to_do = format!("{first}, then try again at {}.", R::RETRIED_AT);
            (failed(reason.clone(), to_do), Ok(Settled::Failed(reason)))
        }
        Err(Stop::Later { reason } | Stop::Unanswered { reason }) => {
            (pending(reason.clone(), due(now, since)), Ok(Settled::Pending(reason)))
        }
        Err(Stop::Skipped) => (pending(SKIPPED.to_owned(), due_soon(now)), Ok(Settled::Pending(SKIPPED.to_owned()))),
        Err(Stop::Broken(failure)) => (pending(failure.message().to_owned(), due(now, since)), Err(failure)),
    };
    let mut record = record;
    *record.errand_mut() = errand;
    app.store.save_errand(&record, &turn.id).await?;
    tell(&record, turn);
    settled.map(|settled| (settled, record))
}

/// Works off a batch of the stream: whatever its writes are about gets one turn, however often it was written. What is not
/// done is to come again; what somebody has to mend first is not.
pub async fn work_off<'a, K: Eq + Hash>(
    event: &Event,
    about: impl Fn(Subject) -> BoxFuture<'a, Result<Vec<K>, ServiceError>>,
    turn: impl Fn(K, usize) -> BoxFuture<'a, Result<Settled, ServiceError>>,
) -> Answer {
    let mut writes: IndexMap<K, Vec<String>> = IndexMap::new();
    let mut unfinished = Vec::new();
    for record in &event.records {
        let Some(subject) = record.subject() else { continue };
        match about(subject.clone()).await {
            Ok(keys) => {
                for key in keys {
                    writes.entry(key).or_default().push(record.sequence_number().to_owned());
                }
            }
            Err(failure) => {
                tracing::error!(?subject, error = failure.log_message(), "an event could not be looked into");
                unfinished.push(record.sequence_number().to_owned());
            }
        }
    }
    let turns = writes.into_iter().enumerate().map(|(number, (key, writes))| {
        let turn = turn(key, number);
        async move { (turn.await, writes) }.boxed()
    });
    let turns: Vec<_> = turns.collect();
    let outcomes: Vec<_> = stream::iter(turns).buffered(AT_ONCE).collect().await;
    for (outcome, writes) in outcomes {
        match outcome {
            Ok(Settled::Nothing | Settled::Applied | Settled::Failed(_)) => {}
            Ok(Settled::Pending(_) | Settled::Busy) => unfinished.extend(writes),
            Err(failure) => {
                tracing::error!(error = failure.log_message(), "an errand could not be recorded");
                unfinished.extend(writes);
            }
        }
    }
    Answer::unfinished(unfinished)
}

fn tell<R: ErrandRecord>(record: &R, turn: &Turn<'_>) {
    let calls = serde_json::to_string(&turn.log.calls()).unwrap_or_default();
    let state = serde_json::to_value(record.errand().state).unwrap_or_default();
    let state = state.as_str().unwrap_or_default();
    let (partition, kind) = record.key();
    tracing::info!(
        turn = turn.id,
        errand = kind,
        of = partition,
        state,
        reason = record.errand().reason,
        connectwise_calls = calls,
        "errand"
    );
    metrics::counter!("Errands", "Kind" => kind, "State" => state.to_owned()).increment(1);
}

fn due(now: Timestamp, since: Timestamp) -> i64 {
    let wait = now.duration_since(since).clamp(SOONEST, LATEST);
    now.saturating_add(wait).map_or(i64::MAX, Timestamp::as_millisecond)
}

/// When what was not begun is due. It does not fall behind like what was tried: whatever ConnectWise never answers would be
/// the first of its MSP in each run, and hold up all the rest of it for good.
pub fn due_soon(now: Timestamp) -> i64 {
    now.saturating_add(SOONEST).map_or(i64::MAX, Timestamp::as_millisecond)
}

fn lease_end(now: Timestamp, remaining: Duration) -> i64 {
    let lasts = SignedDuration::try_from(remaining).unwrap_or(SignedDuration::ZERO).saturating_add(GRACE);
    now.saturating_add(lasts).map_or(i64::MAX, Timestamp::as_millisecond)
}
