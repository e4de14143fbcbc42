//! Synchronization with ConnectWise, one record at a time: the lease, the outcome of an attempt, the back-off, and the
//! batches of the stream. Additions and tickets share it.

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
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
use crate::store::ChangedItem;
use crate::store::{SyncRecord, SyncState, SyncStatus};
use crate::workers::stream::{BatchResponse, Event};

/// Time for which an unconfirmed create may still complete at ConnectWise. It is not sent again before.
pub const CREATE_IN_FLIGHT_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Maximum duration of one sync attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of concurrent attempts in a batch. ConnectWise asks for few concurrent requests; an attempt makes a few
/// calls one after the other.
const CONCURRENCY: usize = 4;

/// How much longer than its owner's deadline a lease lasts.
const LEASE_GRACE: SignedDuration = SignedDuration::from_secs(2);

/// Shortest and longest wait before the next attempt. In between, the wait is the time since the record became pending.
const MIN_BACKOFF: SignedDuration = SignedDuration::from_mins(1);
const MAX_BACKOFF: SignedDuration = SignedDuration::from_hours(1);

/// Reason of a record that was skipped because the circuit breaker is open.
pub const SKIPPED_MESSAGE: &str =
    "ConnectWise did not answer an earlier request, so this one was not sent. It is retried automatically.";

/// Handling of failed records, and of records whose addition ended in ConnectWise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryMode {
    /// Failed records are not retried.
    None,
    /// Failed records are retried, because a person resolved the cause.
    Retry,
    /// As [`Retry`](Self::Retry). An addition that was deleted or cancelled in ConnectWise is created again.
    Recreate,
    /// As [`Retry`](Self::Retry). This existing addition, which was not created here, is adopted.
    Adopt(AdditionId),
}

/// Context of one sync attempt.
#[derive(Debug)]
pub struct SyncAttempt<'a> {
    /// Id of the attempt. It owns the record's lease and must be unique.
    pub id: String,
    /// Deadline of the attempt.
    pub deadline: Deadline,
    /// Log of the calls to ConnectWise.
    pub outbound_calls: &'a OutboundCallLog,
    /// Circuit breaker of the run.
    pub breaker: &'a CircuitBreaker,
    /// Handling of failed records.
    pub retry_mode: RetryMode,
}

impl<'a> SyncAttempt<'a> {
    /// Returns an automatic attempt. It ends before `deadline` and within 30 seconds, and does not retry failed records.
    pub fn automatic(id: String, deadline: Deadline, log: &'a OutboundCallLog, silent: &'a CircuitBreaker) -> Self {
        Self {
            id,
            deadline: Deadline::after(deadline.remaining().min(ATTEMPT_TIMEOUT)),
            outbound_calls: log,
            breaker: silent,
            retry_mode: RetryMode::None,
        }
    }
}

/// Result of a sync attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    /// The record was in sync, or is not to be retried.
    UpToDate,
    /// The record is in sync now.
    Synced,
    /// A person must act. The value is the reason; the record has the required action.
    Failed(String),
    /// The record is retried automatically. The value is the reason.
    Pending(String),
    /// Another attempt holds the record's lease.
    Locked,
}

/// Returns `true` if the record already matches the desired state, or has failed for it and is not to be retried.
pub fn is_up_to_date(errand: &SyncStatus, wish: Option<&Fingerprint>, anew: RetryMode) -> bool {
    let same = wish.is_some() && errand.desired_hash.as_ref() == wish;
    let rests = match errand.state {
        SyncState::Pending => false,
        SyncState::Synced | SyncState::Unlinked => same && anew != RetryMode::Recreate,
        SyncState::Failed => same && anew == RetryMode::None,
    };
    rests && errand.lease_owner.is_none()
}

/// Acquires the lease of a record. Returns `None` if another attempt holds it.
pub async fn acquire_lease<R: SyncRecord>(
    app: &App,
    fresh: &R,
    turn: &SyncAttempt<'_>,
) -> Result<Option<R>, ServiceError> {
    let now = app.clock.now();
    Ok(app.store.acquire_sync_lease(fresh, &turn.id, lease_end(now, turn.deadline.remaining()), now).await?)
}

/// Records the outcome of an attempt and releases the lease. `done` is the record's state after a success.
///
/// # Errors
/// A failure of the table, or the attempt's own internal error.
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
        Err(SyncError::NeedsAction { reason, required_action: to_do }) => {
            (failed(reason.clone(), to_do), Ok(SyncOutcome::Failed(reason)))
        }
        Err(SyncError::NeedsActionThenRetry { reason, first }) => {
            let to_do = format!("{first}, then try again at {}.", R::RETRY_ENDPOINT);
            (failed(reason.clone(), to_do), Ok(SyncOutcome::Failed(reason)))
        }
        Err(SyncError::Transient { reason } | SyncError::Unresponsive { reason }) => {
            (pending(reason.clone(), next_attempt_after_failure(now, since)), Ok(SyncOutcome::Pending(reason)))
        }
        Err(SyncError::Skipped) => (
            pending(SKIPPED_MESSAGE.to_owned(), next_attempt_after_skip(now)),
            Ok(SyncOutcome::Pending(SKIPPED_MESSAGE.to_owned())),
        ),
        Err(SyncError::Internal(failure)) => {
            (pending(failure.message().to_owned(), next_attempt_after_failure(now, since)), Err(failure))
        }
    };
    let mut record = record;
    *record.status_mut() = errand;
    app.store.save_sync(&record, &turn.id).await?;
    log_outcome(&record, turn);
    settled.map(|settled| (settled, record))
}

/// Processes a batch of the stream. Each addition or ticket gets one attempt, however often its items were written.
/// Records that are pending or locked are reported as batch item failures, so that Lambda retries them; records that need
/// a person are not.
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
                tracing::error!(?subject, error = failure.log_message(), "failed to load stream event");
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
                tracing::error!(error = failure.log_message(), "failed to record sync attempt");
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
        attempt_id = turn.id,
        kind,
        partition,
        state,
        reason = record.status().reason,
        connectwise_calls = calls,
        "sync finished"
    );
    metrics::counter!("SyncAttempts", "Kind" => kind, "State" => state.to_owned()).increment(1);
}

fn next_attempt_after_failure(now: Timestamp, since: Timestamp) -> i64 {
    let wait = now.duration_since(since).clamp(MIN_BACKOFF, MAX_BACKOFF);
    now.saturating_add(wait).map_or(i64::MAX, Timestamp::as_millisecond)
}

/// Returns the time of the next attempt of a skipped record, in milliseconds since the epoch. Skipped records do not back
/// off; otherwise the one record that always times out would stay first in its MSP's queue and starve the rest.
pub fn next_attempt_after_skip(now: Timestamp) -> i64 {
    now.saturating_add(MIN_BACKOFF).map_or(i64::MAX, Timestamp::as_millisecond)
}

fn lease_end(now: Timestamp, remaining: Duration) -> i64 {
    let lasts = SignedDuration::try_from(remaining).unwrap_or(SignedDuration::ZERO).saturating_add(LEASE_GRACE);
    now.saturating_add(lasts).map_or(i64::MAX, Timestamp::as_millisecond)
}
