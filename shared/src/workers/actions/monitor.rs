//! Rounds: now and then every linked organization is sent to be looked at, a message each.
//!
//! A round that runs out of time says where it was and goes on there; a new one begins when what the last one sent is
//! done, so that a vendor that is slow is not asked ever more.

use std::time::Duration;

use serde::Serialize;

use crate::app::App;
use crate::app::check_queue::{BATCH, CheckQueue, CheckRequest};
use crate::domain::error::ServiceError;
use crate::http_client::Deadline;
use crate::store::{EnrolledMsp, MonitorCursor};

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Organizations that are to be looked at.
    pub sent: usize,
    /// Messages of the round before that nobody got to yet, for which this run waits.
    pub backlog: u64,
    /// Whether the round is whole.
    pub completed: bool,
}

/// One run, within `budget`.
///
/// # Errors
/// The table or the queue could not be reached. What was sent until then is done; the next run goes on behind it.
pub async fn run(app: &App, budget: Duration) -> Result<Report, ServiceError> {
    let queue = app.check_queue.as_ref().ok_or_else(|| ServiceError::internal("CHECK_QUEUE_URL is not set"))?;
    let deadline = Deadline::after(budget);
    let begun = app.store.monitor_cursor().await?;
    if begun.is_none() {
        let waiting = queue.length().await?;
        if waiting > 0 {
            return Ok(Report { backlog: waiting, ..Report::default() });
        }
    }
    let mut report = Report::default();
    let mut at = begun.clone();
    let outcome = enqueue_from(app, queue, deadline, &mut at, &mut report).await;
    if matches!(outcome, Ok(true)) {
        if begun.is_some() {
            app.store.clear_monitor_cursor().await?;
        }
    } else if let Some(at) = at.filter(|at| begun.as_ref() != Some(at)) {
        app.store.save_monitor_cursor(&at).await?;
    }
    report.completed = outcome?;
    metrics::counter!("ChecksQueued").increment(report.sent.try_into().unwrap_or(u64::MAX));
    Ok(report)
}

/// Sends what is to be sent behind `at`, which moves on; whether that was all.
async fn enqueue_from(
    app: &App,
    queue: &CheckQueue,
    deadline: Deadline,
    at: &mut Option<MonitorCursor>,
    report: &mut Report,
) -> Result<bool, ServiceError> {
    for EnrolledMsp { msp, .. } in app.store.enrolled_msps().await? {
        if at.as_ref().is_some_and(|at| msp < at.msp) {
            continue;
        }
        let last = at.as_ref().filter(|at| at.msp == msp).map(|at| at.account.clone()).unwrap_or_default();
        let mut links = app.store.agreements(msp).await?;
        links.retain(|link| link.organization.is_some() && link.account.reference() > last);
        for batch in links.chunks(BATCH) {
            if deadline.remaining_for_calls().is_zero() {
                return Ok(false);
            }
            let messages: Vec<_> = batch
                .iter()
                .filter_map(|link| Some(CheckRequest { msp, organization: link.organization.clone()? }))
                .collect();
            queue.send(&messages).await?;
            report.sent += messages.len();
            *at = batch.last().map(|link| MonitorCursor { msp, account: link.account.reference() });
        }
    }
    Ok(true)
}
