//! The start of a run.

use crate::app::App;
use crate::app::audit_queue::{AuditQueue, AuditRequest};
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::store::{AuditProgress, AuditRun, AuditState};
use jiff::civil::Date;

/// Starts a run of an MSP on its business day `day`. `before` is its last run.
///
/// # Errors
/// [`ErrorCode::InProgress`] if a run is open, or began concurrently. [`ErrorCode::StoreUnavailable`] if the table or the queue
/// did not answer; a run that was recorded then gets its message from [`schedule`](super::schedule).
pub async fn start(app: &App, msp: MspId, before: Option<&AuditRun>, day: Date) -> Result<AuditRun, ServiceError> {
    let running =
        || ServiceError::new(ErrorCode::InProgress, "An audit is running. Look at its findings when it is complete.");
    if before.is_some_and(AuditRun::is_open) {
        return Err(running());
    }
    let now = app.clock.now();
    let run = AuditRun {
        started_at: now,
        day,
        state: AuditState::Queued,
        progress: AuditProgress::default(),
        reason: None,
        attempts: 0,
        lease_until: None,
        finished_at: None,
        version: before.map_or(0, |before| before.version) + 1,
        updated_at: now,
    };
    if !app.store.save_audit_run(msp, &run).await? {
        return Err(running());
    }
    send(app, msp, &run).await?;
    Ok(run)
}

/// Sends the message of a run.
///
/// # Errors
/// The queue did not accept it.
pub async fn send(app: &App, msp: MspId, run: &AuditRun) -> Result<(), ServiceError> {
    queue(app)?.send(&[AuditRequest { msp, started_at: run.started_at }]).await
}

fn queue(app: &App) -> Result<&AuditQueue, ServiceError> {
    app.audit_queue.as_ref().ok_or_else(|| ServiceError::internal("AUDIT_QUEUE_URL is not set"))
}
