//! The time of an attempt, and the record of how far it has come.

use std::time::Duration;

use crate::app::App;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::http_client::Deadline;
use crate::store::AuditRun;

/// Time of an attempt that is left for what is under way and for recording; at most half of it.
const RECORDING: Duration = Duration::from_secs(30);

/// The time of an attempt.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    /// Time by which everything ends.
    pub whole: Deadline,
    /// Time from which on nothing more is begun.
    pub work: Deadline,
}

impl Time {
    /// Returns the time of an attempt that takes `budget`.
    pub fn of(budget: Duration) -> Self {
        let work = budget.saturating_sub(RECORDING.min(budget / 2));
        Self { whole: Deadline::after(budget), work: Deadline::after(work) }
    }
}

/// Writes the run.
///
/// # Errors
/// [`ErrorCode::InProgress`] if another attempt wrote it meanwhile. This one must not write it again.
pub async fn save(app: &App, msp: MspId, run: &mut AuditRun) -> Result<(), ServiceError> {
    let next = AuditRun { version: run.version + 1, updated_at: app.clock.now(), ..run.clone() };
    if app.store.save_audit_run(msp, &next).await? {
        *run = next;
        return Ok(());
    }
    Err(ServiceError::new(ErrorCode::InProgress, "Another attempt goes on with the audit."))
}
