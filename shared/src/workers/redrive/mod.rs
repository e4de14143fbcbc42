//! The redrive: retries additions and tickets that are pending, on a schedule or by hand.
//!
//! Lambda retries a batch a few times and then sends its position to the dead-letter queue, so that one unresponsive
//! ConnectWise does not delay the others. Pending records are in the index `work` with the time of their next attempt. An
//! attempt that could not be recorded is only in the dead-letter queue, so the redrive reads that as well: each message
//! names a range of the stream, whose records are processed as usual. The message is deleted when they are done or recorded
//! as pending. If the stream no longer has the range, a full scan of everything that is linked finds what is out of sync.
//!
//! MSPs are processed round-robin. After one timeout an MSP is skipped for the rest of the run, so it cannot delay the
//! others.

mod dead_letters;
mod full_scan;
mod record;
mod report;
mod retries;

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

pub use report::Report;

use crate::app::App;
use crate::app::dead_letters::DeadLetters;
use crate::domain::error::ServiceError;
use crate::http_client::Deadline;
use crate::store::SyncKey;
use crate::workers::sync::{CircuitBreaker, SyncOutcome};
use crate::workers::{additions, digest, tickets};

/// Options of a run. A scheduled run has none.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// `true` to compare everything that is linked with its records first, and to queue what is out of sync.
    #[serde(default)]
    pub full_scan: bool,
}

/// Runs the redrive once, within `budget`; a quarter of it is reserved for the dead letters. `run_id` owns the leases of
/// the run and must be unique.
///
/// # Errors
/// The table or the queue could not be reached. Attempts that ended before it stay recorded.
pub async fn redrive(
    app: &App,
    dead_letters: Option<&DeadLetters>,
    event: Event,
    run_id: &str,
    budget: Duration,
) -> Result<Report, ServiceError> {
    let run = Run {
        app,
        id: run_id,
        deadline: Deadline::after(budget),
        breaker: &CircuitBreaker::default(),
        attempts: 0,
        completed: HashMap::new(),
        report: Report::default(),
    };
    Box::pin(run.execute(dead_letters, event, budget)).await
}

struct Run<'a> {
    app: &'a App,
    id: &'a str,
    deadline: Deadline,
    breaker: &'a CircuitBreaker,
    attempts: u32,
    /// The records that had their attempt. `true` if the record is done or recorded as pending.
    completed: HashMap<SyncKey, bool>,
    report: Report,
}

impl<'a> Run<'a> {
    async fn execute(
        mut self,
        dead_letters: Option<&DeadLetters>,
        event: Event,
        budget: Duration,
    ) -> Result<Report, ServiceError> {
        let due_deadline = Deadline::after(budget.mul_f64(0.75));
        let mut outcome = self.run_phases(event, due_deadline).await;
        if let Some(dead_letters) = dead_letters {
            outcome = outcome.and(Box::pin(self.drain_dead_letters(dead_letters)).await);
        }
        let report = self.report;
        metrics::counter!("SyncRetried").increment(report.synced.into());
        metrics::counter!("SyncPending").increment(report.pending.len().try_into().unwrap_or(u64::MAX));
        outcome.map(|()| report)
    }

    async fn run_phases(&mut self, event: Event, due_deadline: Deadline) -> Result<(), ServiceError> {
        if event.full_scan {
            self.full_scan().await?;
        }
        self.requeue_failed().await?;
        self.process_due(due_deadline).await
    }

    /// Begins an attempt.
    fn attempt(
        &mut self,
        key: SyncKey,
    ) -> impl Future<Output = (SyncKey, Result<SyncOutcome, ServiceError>)> + use<'a> {
        self.attempts += 1;
        attempt(self.app, self.breaker, key, format!("{}/{}", self.id, self.attempts), self.deadline)
    }

    /// Counts the outcome of an attempt. Returns `true` if the record is done or recorded as pending.
    fn count(&mut self, key: SyncKey, outcome: Result<SyncOutcome, ServiceError>) -> bool {
        let done = self.report.count(&key, outcome);
        self.completed.insert(key, done);
        done
    }
}

async fn attempt(
    app: &App,
    breaker: &CircuitBreaker,
    key: SyncKey,
    id: String,
    deadline: Deadline,
) -> (SyncKey, Result<SyncOutcome, ServiceError>) {
    let outcome = match &key {
        SyncKey::Addition(key) => additions::sync_subscription(app, key, id, deadline, breaker).await,
        SyncKey::Ticket(subject) => tickets::sync_ticket(app, subject, id, deadline, breaker).await,
        SyncKey::Digest(key) => Box::pin(digest::sync_digest(app, key, id, deadline, breaker)).await,
    };
    (key, outcome)
}
