//! Synchronization with ConnectWise, one record at a time: the lease, the outcome of an attempt, the back-off, and the
//! batches of the stream. Additions and tickets share it.

mod circuit_breaker;
mod error;
pub mod key_refusal;

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};

pub use circuit_breaker::{CircuitBreaker, call};
pub use error::{SKIPPED_MESSAGE, SyncError};

use crate::app::App;
use crate::app::lease::lease_end;
use crate::app::request_ids::RequestIdLog;
use crate::connectwise::AdditionId;
use crate::domain::error::ServiceError;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::reference::Reference;
use crate::domain::vendor_id::VendorId;
use crate::http_client::Deadline;
use crate::http_client::OutboundCallLog;
use crate::store::ChangedItem;
use crate::store::{AgreementLink, SyncRecord, SyncState, SyncStatus};
use crate::workers::stream::{BatchResponse, Event};

/// Time for which an unconfirmed create may still complete at ConnectWise. It is not sent again before.
pub const CONNECTWISE_CREATE_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Maximum duration of one sync attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);

/// Maximum number of concurrent attempts in a batch. ConnectWise asks for few concurrent requests; an attempt makes a few
/// calls one after the other.
const CONCURRENCY: usize = 4;

/// Shortest and longest wait before the next attempt. In between, the wait is the time since the record became pending.
const MIN_BACKOFF: SignedDuration = SignedDuration::from_mins(1);
const MAX_BACKOFF: SignedDuration = SignedDuration::from_hours(1);

/// Handling of failed records, and of records whose addition ended in ConnectWise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryMode {
    /// Failed records are not retried.
    None,
    /// Failed records are retried, because a person resolved the cause.
    Retry,
    /// As [`Retry`](Self::Retry), and records in sync are looked at as well, because a person changed the addition.
    Again,
    /// As [`Retry`](Self::Retry). An addition that was deleted or cancelled in ConnectWise is created again.
    Recreate,
    /// As [`Retry`](Self::Retry). This existing addition, which was not created here, is adopted.
    Adopt(AdditionId),
}

impl RetryMode {
    /// Returns `true` if an addition that is gone in ConnectWise is replaced.
    pub fn replaces_addition(self) -> bool {
        match self {
            Self::Recreate | Self::Adopt(_) => true,
            Self::None | Self::Retry | Self::Again => false,
        }
    }

    /// Returns `true` if records in sync are looked at.
    fn looks_again(self) -> bool {
        self == Self::Again || self.replaces_addition()
    }
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
    /// The ids of the record, for the log line.
    pub ids: RequestIdLog,
}

impl<'a> SyncAttempt<'a> {
    /// Returns an automatic attempt. It ends before `deadline` and within 30 seconds, and does not retry failed records.
    pub fn automatic(
        id: String,
        deadline: Deadline,
        outbound_calls: &'a OutboundCallLog,
        breaker: &'a CircuitBreaker,
    ) -> Self {
        Self {
            id,
            deadline: Deadline::after(deadline.remaining().min(ATTEMPT_TIMEOUT)),
            outbound_calls,
            breaker,
            retry_mode: RetryMode::None,
            ids: RequestIdLog::default(),
        }
    }

    /// Records the account, the company and the organization that a link connects.
    pub fn record_link(&self, link: &AgreementLink) {
        self.ids.record(|ids| {
            ids.application = Some(link.account.application);
            ids.account = Some(link.account.account.to_string());
            ids.company = Some(link.company.get());
            ids.organization = link.organization.as_ref().map(VendorId::to_string);
        });
    }
}

/// Result of a sync attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    /// The record was in sync, or is not to be retried.
    UpToDate,
    /// The record is in sync now.
    Synced,
    /// A person must act. The record has the required action.
    Failed(Reason),
    /// The record is retried automatically.
    Pending(Reason),
    /// Another attempt holds the record's lease.
    Locked,
}

/// The reason why an attempt did not succeed. It is displayed with the reference of the attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The reason.
    pub text: String,
    reference: Reference,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reference.after(&self.text))
    }
}

/// Returns `true` if the record already matches the desired state, or has failed for it and is not to be retried.
pub fn is_up_to_date(status: &SyncStatus, desired: Option<&Fingerprint>, retry_mode: RetryMode) -> bool {
    let matches = desired.is_some() && status.desired_hash.as_ref() == desired;
    let is_done = match status.state {
        SyncState::Pending => false,
        SyncState::Synced | SyncState::Unlinked | SyncState::Held => matches && !retry_mode.looks_again(),
        SyncState::Failed => matches && retry_mode == RetryMode::None,
    };
    is_done && status.lease_owner.is_none()
}

/// Acquires the lease of a record. Returns `None` if another attempt holds it.
pub async fn acquire_lease<R: SyncRecord>(
    app: &App,
    new_record: &R,
    attempt: &SyncAttempt<'_>,
) -> Result<Option<R>, ServiceError> {
    let now = app.clock.now();
    Ok(app.store.acquire_sync_lease(new_record, &attempt.id, lease_end(now, attempt.deadline), now).await?)
}

/// Records the outcome of an attempt and releases the lease. `success_state` is the record's state after a success.
///
/// # Errors
/// A failure of the table, or the attempt's own internal error.
pub async fn record_outcome<R: SyncRecord>(
    app: &App,
    attempt: &SyncAttempt<'_>,
    record: R,
    desired: Option<Fingerprint>,
    success_state: SyncState,
    outcome: Result<Option<String>, SyncError>,
) -> Result<(SyncOutcome, R), ServiceError> {
    let now = app.clock.now();
    let pending_since = record.status().pending_since.unwrap_or(now);
    // Lambda may repeat a batch with the same id.
    let reference = Reference::of(&format!("{}@{now}", attempt.id));
    let told = |text: String| Reason { text, reference: reference.clone() };
    let released = SyncStatus { desired_hash: desired, ..SyncStatus::new(now) };
    let pending = |reason: String, next_attempt_at: i64| SyncStatus {
        reason: Some(reason),
        reference: Some(reference.clone()),
        desired_hash: None,
        pending_since: Some(pending_since),
        next_attempt_at: Some(next_attempt_at),
        ..released.clone()
    };
    let failed = |reason: String, required_action: String| SyncStatus {
        state: SyncState::Failed,
        reason: Some(reason),
        reference: Some(reference.clone()),
        required_action: Some(required_action),
        failed_at: Some(now.as_millisecond()),
        ..released.clone()
    };
    let (status, result) = match outcome {
        Ok(note) => (SyncStatus { state: success_state, reason: note, ..released }, Ok(SyncOutcome::Synced)),
        Err(SyncError::NeedsAction { reason, required_action }) => {
            (failed(reason.clone(), required_action), Ok(SyncOutcome::Failed(told(reason))))
        }
        Err(SyncError::NeedsActionThenRetry { reason, first }) => {
            let required_action = format!("{first}, then try again at {}.", R::RETRY_ENDPOINT);
            (failed(reason.clone(), required_action), Ok(SyncOutcome::Failed(told(reason))))
        }
        Err(
            SyncError::Transient { reason } | SyncError::Unresponsive { reason } | SyncError::KeysRefused { reason },
        ) => {
            let outcome = SyncOutcome::Pending(told(reason.clone()));
            (pending(reason, next_attempt_after_failure(now, pending_since)), Ok(outcome))
        }
        Err(SyncError::Skipped) => (
            pending(SKIPPED_MESSAGE.to_owned(), next_attempt_after_skip(now)),
            Ok(SyncOutcome::Pending(told(SKIPPED_MESSAGE.to_owned()))),
        ),
        Err(SyncError::Internal(failure)) => {
            (pending(failure.message().to_owned(), next_attempt_after_failure(now, pending_since)), Err(failure))
        }
    };
    let mut record = record;
    *record.status_mut() = status;
    app.store.save_sync(&record, &attempt.id).await?;
    log_outcome(&record, attempt);
    result.map(|result| (result, record))
}

/// Processes a batch of the stream. Each addition or ticket gets one attempt, however often its items were written.
/// Records that are pending or locked are reported as batch item failures, so that Lambda retries them; records that need
/// a person are not.
pub async fn process_batch<'a, K: fmt::Debug + Eq + Hash>(
    event: &Event,
    keys_of: impl Fn(ChangedItem) -> BoxFuture<'a, Result<Vec<K>, ServiceError>>,
    attempt: impl Fn(K, usize) -> BoxFuture<'a, Result<SyncOutcome, ServiceError>>,
) -> BatchResponse {
    let mut sequence_numbers: IndexMap<K, Vec<String>> = IndexMap::new();
    let mut failed = Vec::new();
    for record in &event.records {
        let Some(subject) = record.changed_item() else { continue };
        match keys_of(subject.clone()).await {
            Ok(keys) => {
                for key in keys {
                    sequence_numbers.entry(key).or_default().push(record.sequence_number().to_owned());
                }
            }
            Err(failure) => {
                tracing::error!(?subject, error = failure.log_message(), "failed to load stream event");
                failed.push(record.sequence_number().to_owned());
            }
        }
    }
    let attempts = sequence_numbers.into_iter().enumerate().map(|(number, (key, sequence_numbers))| {
        let subject = format!("{key:?}");
        let attempt = attempt(key, number);
        async move { (attempt.await, subject, sequence_numbers) }.boxed()
    });
    let attempts: Vec<_> = attempts.collect();
    let outcomes: Vec<_> = stream::iter(attempts).buffered(CONCURRENCY).collect().await;
    for (outcome, subject, sequence_numbers) in outcomes {
        match outcome {
            Ok(SyncOutcome::UpToDate | SyncOutcome::Synced | SyncOutcome::Failed(_)) => {}
            Ok(SyncOutcome::Pending(_) | SyncOutcome::Locked) => failed.extend(sequence_numbers),
            Err(failure) => {
                tracing::error!(subject, error = failure.log_message(), "failed to record sync attempt");
                failed.extend(sequence_numbers);
            }
        }
    }
    BatchResponse::with_failures(failed)
}

fn log_outcome<R: SyncRecord>(record: &R, attempt: &SyncAttempt<'_>) {
    let ids = attempt.ids.ids();
    let state = serde_json::to_value(record.status().state).unwrap_or_default();
    let state = state.as_str().unwrap_or_default();
    let (partition, kind) = record.key();
    tracing::info!(
        attempt_id = attempt.id,
        application = ids.application.map(tracing::field::display),
        msp = %record.msp(),
        account = ids.account,
        subscription = ids.subscription,
        company = ids.company,
        organization = ids.organization,
        kind,
        partition,
        state,
        reason = record.status().reason,
        reference = record.status().reference.as_ref().map(tracing::field::display),
        vendor_calls = attempt.outbound_calls.to_json(),
        "sync finished"
    );
    metrics::counter!("SyncAttempts", "Kind" => kind, "State" => state.to_owned()).increment(1);
}

fn next_attempt_after_failure(now: Timestamp, pending_since: Timestamp) -> i64 {
    let wait = now.duration_since(pending_since).clamp(MIN_BACKOFF, MAX_BACKOFF);
    now.saturating_add(wait).map_or(i64::MAX, Timestamp::as_millisecond)
}

/// Returns the time of the next attempt of a skipped record, in milliseconds since the epoch. Skipped records do not back
/// off; otherwise the one record that always times out would stay first in its MSP's queue and starve the rest.
pub fn next_attempt_after_skip(now: Timestamp) -> i64 {
    now.saturating_add(MIN_BACKOFF).map_or(i64::MAX, Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The alarm on pending records rings after three runs of an hour (`SyncBacklogAlarm` in `template.yaml`).
    #[test]
    fn a_record_that_never_succeeds_is_due_in_three_runs_of_an_hour() {
        let (interval, hour) = (SignedDuration::from_mins(5), SignedDuration::from_hours(1));
        for offset in 0..interval.as_secs() {
            let first = Timestamp::UNIX_EPOCH;
            let mut due = next_attempt_after_failure(first, first);
            let mut run = first.saturating_add(SignedDuration::from_secs(offset)).unwrap();
            let mut runs = Vec::new();
            while runs.len() < 3 {
                if run.as_millisecond() >= due {
                    runs.push(run);
                    due = next_attempt_after_failure(run, first);
                }
                run = run.saturating_add(interval).unwrap();
            }
            assert!(runs[2].duration_since(runs[0]) < hour, "{offset}: {runs:?}");
        }
    }
}
