//! What the stream gave up on: taken up again on a schedule, and when somebody says so.
//!
//! Lambda tries a batch a few times and then parks it, so that one ConnectWise that is down does not hold up the others. What
//! is pending stands in the index of work by when it is due; that is enough unless it could not even be recorded. Therefore
//! the dead letters are read too: each names a stretch of the stream, whose records are worked off like before, and is
//! deleted when they are done, or on record as pending. If the stream has no such stretch any more, all that is linked is swept
//! for what was missed.
//!
//! MSPs take turns, and whose ConnectWise does not answer once is left out of the rest of a run: it is no other one's trouble.

mod dead_letters;
mod record;
mod report;
mod retries;
mod sweep;

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

pub use report::Report;

use crate::app::App;
use crate::app::dead_letters::DeadLetters;
use crate::domain::error::ServiceError;
use crate::http_client::Deadline;
use crate::store::SyncKey;
use crate::workers::sync::{SyncOutcome, CircuitBreaker};
use crate::workers::{additions, tickets};

/// What a run is asked for. A schedule asks for nothing in particular.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Event {
    /// Whether all that is linked is looked at first, for what no event told of.
    #[serde(default)]
    pub full_scan: bool,
}

/// One run, within `budget`; a quarter of it is kept for the dead letters. `run_id` names it and is never used twice.
///
/// # Errors
/// The table or the queue could not be reached. What was done until then is done.
pub async fn redrive(
    app: &App,
    letters: Option<&DeadLetters>,
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
    Box::pin(run.execute(letters, event, budget)).await
}

struct Run<'a> {
    app: &'a App,
    id: &'a str,
    deadline: Deadline,
    breaker: &'a CircuitBreaker,
    attempts: u32,
    /// What has had its turn, and whether it is done or on record.
    completed: HashMap<SyncKey, bool>,
    report: Report,
}

impl<'a> Run<'a> {
    async fn execute(mut self, letters: Option<&DeadLetters>, event: Event, budget: Duration) -> Result<Report, ServiceError> {
        let for_due = Deadline::after(budget.mul_f64(0.75));
        let mut outcome = self.run_phases(event, for_due).await;
        if let Some(letters) = letters {
            outcome = outcome.and(Box::pin(self.drain_dead_letters(letters)).await);
        }
        let report = self.report;
        metrics::counter!("SyncRetried").increment(report.applied.into());
        metrics::counter!("SyncPending").increment(report.pending.len().try_into().unwrap_or(u64::MAX));
        outcome.map(|()| report)
    }

    async fn run_phases(&mut self, event: Event, for_due: Deadline) -> Result<(), ServiceError> {
        if event.full_scan {
            self.sweep().await?;
        }
        self.requeue_failed().await?;
        self.process_due(for_due).await
    }

    /// Begins a turn.
    fn turn(&mut self, errand: SyncKey) -> impl Future<Output = (SyncKey, Result<SyncOutcome, ServiceError>)> + use<'a> {
        self.attempts += 1;
        turn(self.app, self.breaker, errand, format!("{}/{}", self.id, self.attempts), self.deadline)
    }

    /// Counts how a turn ended; whether its errand is done or on record.
    fn count(&mut self, errand: SyncKey, outcome: Result<SyncOutcome, ServiceError>) -> bool {
        let done = self.report.count(&errand, outcome);
        self.completed.insert(errand, done);
        done
    }
}

async fn turn(
    app: &App,
    silent: &CircuitBreaker,
    errand: SyncKey,
    id: String,
    deadline: Deadline,
) -> (SyncKey, Result<SyncOutcome, ServiceError>) {
    let outcome = match &errand {
        SyncKey::Addition(key) => additions::sync_subscription(app, key, id, deadline, silent).await,
        SyncKey::Ticket(about) => tickets::turn(app, about, id, deadline, silent).await,
    };
    (errand, outcome)
}
