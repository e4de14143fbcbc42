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

pub use circuit_breaker::{CircuitBreaker, call};
pub use error::SyncError;

use crate::app::App;
use crate::connectwise::AdditionId;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::store::ChangedItem;
use crate::store::{SyncStatus, SyncRecord, SyncState};
use crate::workers::stream::{BatchResponse, Event};

/// How long a create that was not answered may still be carried out: it is not sent again sooner.
pub const CREATE_IN_FLIGHT_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// How long one turn may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// How many of a batch are worked on at once. ConnectWise asks for little at a time, and what one takes is a few calls one
/// after the other.
const CONCURRENCY: usize = 4;

/// How much longer than its owner's deadline a lease lasts.
const LEASE_GRACE: SignedDuration = SignedDuration::from_secs(2);

/// The soonest and the latest that what is pending is due again; in between, the longer it is pending the later.
const MIN_BACKOFF: SignedDuration = SignedDuration::from_mins(1);
const MAX_BACKOFF: SignedDuration = SignedDuration::from_hours(1);

/// What is said of what waits for others of its MSP.
pub const SKIPPED_MESSAGE: &str = "ConnectWise did not answer when something else was to be done. It is tried again by itself.";

/// Whether what was given up is taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryMode {
    /// It is not.
    None,
    /// It is: somebody says that it is mended.
    Retry,
    /// It is, and what is not there any more is made anew.
    Recreate,
    /// It is, and this addition, which was not made for it, is taken over.
    Adopt(AdditionId),
}

/// Who works on it, and what they may spend.
#[derive(Debug)]
pub struct SyncAttempt<'a> {
    /// Names it and owns its lease; never used twice.
    pub id: String,
    /// When it must be over.
    pub deadline: Deadline,
    /// Where calls are noted.
    pub outbound_calls: &'a OutboundCallLog,
    /// Whose ConnectWise is not asked any more.
    pub breaker: &'a CircuitBreaker,
    /// Whether what was given up is taken up again.
    pub retry_mode: RetryMode,
}

impl<'a> SyncAttempt<'a> {
    /// One that nobody asked for, over before `deadline` and in 30 seconds; what was given up stays so.
    pub fn automatic(id: String, deadline: Deadline, log: &'a OutboundCallLog, silent: &'a CircuitBreaker) -> Self {
        Self { id, deadline: Deadline::after(deadline.remaining().min(ATTEMPT_TIMEOUT)), outbound_calls: log, breaker: silent, retry_mode: RetryMode::None }
    }
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    /// There is nothing to do.
    UpToDate,
    /// It is as it shall be now.
    Synced,
    /// Somebody must mend something, which the record says.
    Failed(String),
    /// It is tried again, because of this.
    Pending(String),
    /// Somebody else is at work on it.
    Locked,
}

/// Whether there is nothing to do about `errand`, which shall be as `wish` says.
pub fn is_up_to_date(errand: &SyncStatus, wish: Option<&Fingerprint>, anew: RetryMode) -> bool {
    let same = wish.is_some() && errand.desired_hash.as_ref() == wish;
    let rests = match errand.state {
        SyncState::Pending => false,
        SyncState::Synced | SyncState::Unlinked => same && anew != RetryMode::Recreate,
        SyncState::Failed => same && anew == RetryMode::None,
    };
    rests && errand.lease_owner.is_none()
}

/// Takes the lease of a record for a turn; none if somebody else holds it.
pub async fn acquire_lease<R: SyncRecord>(app: &App, fresh: &R, turn: &SyncAttempt<'_>) -> Result<Option<R>, ServiceError> {
    let now = app.clock.now();
    Ok(app.store.acquire_sync_lease(fresh, &turn.id, lease_end(now, turn.deadline.remaining()), now).await?)
}

/// Writes down how a turn went, and gives its lease back. `done` is where the errand stands if all went well.
pub async fn record_outcome<R: SyncRecord>(
    app: &App,
    turn: &SyncAttempt<'_>,
    record: R,
    wish: Option<Fingerprint>,
    done: SyncState,
    outcome: Result<Option<String>, SyncError>,
) -> Result<(SyncOutcome, R), ServiceError> {
    let now = app.clock.now();
    let since = record.status().pending_since.unwrap_or(now);
    let resting = SyncStatus { desired_hash: wish, ..SyncStatus::new(now) };
    let pending = |reason: String, due: i64| SyncStatus {
        reason: Some(reason),
        desired_hash: None,
        pending_since: Some(since),
        lease_until: Some(due),
        ..resting.clone()
    };
    let failed = |reason: String, to_do: String| SyncStatus {
        state: SyncState::Failed,
        reason: Some(reason),
        required_action: Some(to_do),
        lease_until: Some(now.as_millisecond()),
        ..resting.clone()
    };
    let (errand, settled) = match outcome {
        Ok(note) => (SyncStatus { state: done, reason: note, ..resting }, Ok(SyncOutcome::Synced)),
        Err(SyncError::NeedsAction { reason, required_action: to_do }) => (failed(reason.clone(), to_do), Ok(SyncOutcome::Failed(reason))),
        Err(SyncError::NeedsActionThenRetry { reason, first }) => {
            let to_do = format!("{first}, then try again at {}.", R::RETRY_ENDPOINT);
            (failed(reason.clone(), to_do), Ok(SyncOutcome::Failed(reason)))
        }
        Err(SyncError::Transient { reason } | SyncError::Unresponsive { reason }) => {
            (pending(reason.clone(), next_attempt_after_failure(now, since)), Ok(SyncOutcome::Pending(reason)))
        }
        Err(SyncError::Skipped) => (pending(SKIPPED_MESSAGE.to_owned(), next_attempt_after_skip(now)), Ok(SyncOutcome::Pending(SKIPPED_MESSAGE.to_owned()))),
        Err(SyncError::Internal(failure)) => (pending(failure.message().to_owned(), next_attempt_after_failure(now, since)), Err(failure)),
    };
    let mut record = record;
    *record.status_mut() = errand;
    app.store.save_sync(&record, &turn.id).await?;
    log_outcome(&record, turn);
    settled.map(|settled| (settled, record))
}

/// Works off a batch of the stream: whatever its writes are about gets one turn, however often it was written. What is not
/// done is to come again; what somebody has to mend first is not.
pub async fn process_batch<'a, K: Eq + Hash>(
    event: &Event,
    about: impl Fn(ChangedItem) -> BoxFuture<'a, Result<Vec<K>, ServiceError>>,
    turn: impl Fn(K, usize) -> BoxFuture<'a, Result<SyncOutcome, ServiceError>>,
) -> BatchResponse {
    let mut writes: IndexMap<K, Vec<String>> = IndexMap::new();
    let mut unfinished = Vec::new();
    for record in &event.records {
        let Some(subject) = record.changed_item() else { continue };
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
    let outcomes: Vec<_> = stream::iter(turns).buffered(CONCURRENCY).collect().await;
    for (outcome, writes) in outcomes {
        match outcome {
            Ok(SyncOutcome::UpToDate | SyncOutcome::Synced | SyncOutcome::Failed(_)) => {}
            Ok(SyncOutcome::Pending(_) | SyncOutcome::Locked) => unfinished.extend(writes),
            Err(failure) => {
                tracing::error!(error = failure.log_message(), "an errand could not be recorded");
                unfinished.extend(writes);
            }
        }
    }
    BatchResponse::with_failures(unfinished)
}

fn log_outcome<R: SyncRecord>(record: &R, turn: &SyncAttempt<'_>) {
    let calls = serde_json::to_string(&turn.outbound_calls.calls()).unwrap_or_default();
    let state = serde_json::to_value(record.status().state).unwrap_or_default();
    let state = state.as_str().unwrap_or_default();
    let (partition, kind) = record.key();
    tracing::info!(
        turn = turn.id,
        errand = kind,
        of = partition,
        state,
        reason = record.status().reason,
        connectwise_calls = calls,
        "errand"
    );
    metrics::counter!("SyncAttempts", "Kind" => kind, "State" => state.to_owned()).increment(1);
}

fn next_attempt_after_failure(now: Timestamp, since: Timestamp) -> i64 {
    let wait = now.duration_since(since).clamp(MIN_BACKOFF, MAX_BACKOFF);
    now.saturating_add(wait).map_or(i64::MAX, Timestamp::as_millisecond)
}

/// When what was not begun is due. It does not fall behind like what was tried: whatever ConnectWise never answers would be
/// the first of its MSP in each run, and hold up all the rest of it for good.
pub fn next_attempt_after_skip(now: Timestamp) -> i64 {
    now.saturating_add(MIN_BACKOFF).map_or(i64::MAX, Timestamp::as_millisecond)
}

fn lease_end(now: Timestamp, remaining: Duration) -> i64 {
    let lasts = SignedDuration::try_from(remaining).unwrap_or(SignedDuration::ZERO).saturating_add(LEASE_GRACE);
    now.saturating_add(lasts).map_or(i64::MAX, Timestamp::as_millisecond)
}
