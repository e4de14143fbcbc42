//! The monitor: queues a check of every linked organization, one message each. One pass over all of them is a round.
//!
//! A round that runs out of time stores its position, and the next run continues there. A new round begins only after most
//! messages of the last one are processed, so that a slow vendor does not receive more and more requests. A message whose
//! processing died does not keep a round from beginning: one organization's trouble is its own.

use std::time::Duration;

use serde::Serialize;

use crate::app::App;
use crate::app::check_queue::{CheckQueue, CheckRequest};
use crate::app::message_queue::BATCH;
use crate::domain::error::ServiceError;
use crate::http_client::Deadline;
use crate::store::{EnrolledMsp, MonitorCursor};

/// Maximum number of waiting messages with which a new round begins.
pub const MAX_BACKLOG: u64 = 10;

/// Result of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Number of organizations whose check was queued.
    pub sent: usize,
    /// Number of messages of the previous round that wait in the queue. With more than [`MAX_BACKLOG`], no round begins.
    pub backlog: u64,
    /// `true` if the round is complete.
    pub completed: bool,
}

/// Runs the monitor once, within `budget`.
///
/// # Errors
/// The table or the queue could not be reached. Messages that were sent before stay in the queue; the next run continues
/// after them.
pub async fn run(app: &App, budget: Duration) -> Result<Report, ServiceError> {
    let queue = app.check_queue.as_ref().ok_or_else(|| ServiceError::internal("CHECK_QUEUE_URL is not set"))?;
    let deadline = Deadline::after(budget);
    let resumed = app.store.monitor_cursor().await?;
    let backlog = if resumed.is_none() { queue.waiting().await? } else { 0 };
    let mut report = Report { backlog, ..Report::default() };
    if backlog > MAX_BACKLOG {
        return Ok(report);
    }
    let mut cursor = resumed.clone();
    let outcome = enqueue_from(app, queue, deadline, &mut cursor, &mut report).await;
    if matches!(outcome, Ok(true)) {
        if resumed.is_some() {
            app.store.clear_monitor_cursor().await?;
        }
    } else if let Some(cursor) = cursor.filter(|cursor| resumed.as_ref() != Some(cursor)) {
        app.store.save_monitor_cursor(&cursor).await?;
    }
    report.completed = outcome?;
    metrics::counter!("ChecksQueued").increment(report.sent.try_into().unwrap_or(u64::MAX));
    Ok(report)
}

/// Queues the checks after `cursor` and advances it. Returns `true` if the end of the round was reached.
async fn enqueue_from(
    app: &App,
    queue: &CheckQueue,
    deadline: Deadline,
    cursor: &mut Option<MonitorCursor>,
    report: &mut Report,
) -> Result<bool, ServiceError> {
    for EnrolledMsp { msp, .. } in app.store.enrolled_msps().await? {
        if cursor.as_ref().is_some_and(|cursor| msp < cursor.msp) {
            continue;
        }
        let last =
            cursor.as_ref().filter(|cursor| cursor.msp == msp).map(|cursor| cursor.account.clone()).unwrap_or_default();
        let mut links = app.store.agreements(msp).await?;
        links.retain(|link| link.organization.is_some() && link.left_at.is_none() && link.account.reference() > last);
        for batch in links.chunks(BATCH) {
            if deadline.remaining_for_calls().is_zero() {
                return Ok(false);
            }
            let messages: Vec<_> = batch
                .iter()
                .filter_map(|link| {
                    Some(CheckRequest { msp, organization: link.organization.clone()?, company: Some(link.company) })
                })
                .collect();
            queue.send(&messages).await?;
            report.sent += messages.len();
            *cursor = batch.last().map(|link| MonitorCursor { msp, account: link.account.reference() });
        }
    }
    Ok(true)
}
