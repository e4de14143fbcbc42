//! Starts the audits that are due: each night, in the MSP's time zone. Writes the digests that are due, in the same visit.
//!
//! An audit is due if none began on the MSP's business day, so a missed hour is made up for by the next one. The first one of an
//! MSP is due at any hour.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::app::App;
use crate::connectwise::date;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::domain::reference::Reference;
use crate::http_client::Deadline;
use crate::store::EnrolledMsp;
use crate::workers::audit::attempt::save;
use crate::workers::audit::start::{send, start};
use crate::workers::digest;

/// Hour of the MSP's day from which on an audit is due.
const HOUR: i8 = 2;

/// Time after which a run without progress gets another message. It is longer than an attempt, and than the time after which
/// the queue repeats a message.
const STALLED: SignedDuration = SignedDuration::from_hours(1);

/// Time after which a run that did not end has failed.
const OVERDUE: SignedDuration = SignedDuration::from_hours(20);

/// Result of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Number of audits that were started.
    pub started: usize,
    /// Number of audits without progress that got another message.
    pub resumed: usize,
    /// Number of audits that did not end in time.
    pub overdue: usize,
    /// Number of digests that were written.
    pub digests: usize,
}

/// Starts the audits that are due, within `budget`. What is left is due in the next call.
///
/// # Errors
/// The table or the queue did not answer for an MSP. The others were visited.
pub async fn run(app: &App, budget: Duration) -> Result<Report, ServiceError> {
    let (deadline, mut report, mut failed) = (Deadline::after(budget), Report::default(), None);
    for enrolled in app.store.enrolled_msps().await? {
        if deadline.remaining_for_calls().is_zero() {
            break;
        }
        if let Err(failure) = visit(app, &enrolled, deadline, &mut report).await {
            tracing::error!(msp = %enrolled.msp, error = failure.log_message(), "failed to start audit or digest");
            failed = failed.or(Some(failure));
        }
    }
    if report.overdue > 0 {
        metrics::counter!("AuditsFailed").increment(report.overdue.try_into().unwrap_or(u64::MAX));
    }
    failed.map_or(Ok(report), Err)
}

async fn visit(app: &App, enrolled: &EnrolledMsp, deadline: Deadline, report: &mut Report) -> Result<(), ServiceError> {
    let Some(settings) = app.store.msp(enrolled.msp).await? else { return Ok(()) };
    let Some(zone) = date::zone(&settings.connection.time_zone) else { return Ok(()) };
    visit_audit(app, enrolled.msp, zone.clone(), report).await?;
    report.digests += usize::from(Box::pin(digest::prepare(app, enrolled, &settings, &zone, deadline)).await?);
    Ok(())
}

async fn visit_audit(app: &App, msp: MspId, zone: TimeZone, report: &mut Report) -> Result<(), ServiceError> {
    let (last, now) = (app.store.audit_run(msp).await?, app.clock.now());
    let local = now.to_zoned(zone);
    match last {
        Some(mut run) if run.is_open() && now.duration_since(run.started_at) > OVERDUE => {
            let reference = Reference::of(&format!("{msp}@{}", run.started_at));
            tracing::error!(%msp, %reference, started_at = %run.started_at, "an audit did not end in time");
            run.reason.get_or_insert_with(|| reference.after("It did not end within 20 hours."));
            run.fail(now);
            match save(app, msp, &mut run).await {
                Ok(()) => report.overdue += 1,
                // An attempt wrote it meanwhile.
                Err(failure) if failure.code() == ErrorCode::InProgress => {}
                Err(failure) => return Err(failure),
            }
        }
        Some(run) if run.is_open() => {
            if now.duration_since(run.updated_at) > STALLED {
                send(app, msp, &run).await?;
                report.resumed += 1;
            }
        }
        last if last.as_ref().is_none_or(|run| local.hour() >= HOUR && run.day < local.date()) => {
            match start(app, msp, last.as_ref(), local.date()).await {
                Ok(_) => report.started += 1,
                // Another call started it.
                Err(failure) if failure.code() == ErrorCode::InProgress => {}
                Err(failure) => return Err(failure),
            }
        }
        Some(_) | None => {}
    }
    Ok(())
}
