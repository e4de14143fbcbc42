//! The recovery job: finishes abandoned jobs that no caller retries, and reports those that it cannot finish.
//!
//! Abandoned jobs are found by key in the index `work`, a bounded number in each run. A job of which nothing was sent to
//! the vendor is discarded: nothing has changed, and the platform treats the call as failed. A job of which something may
//! have been sent is run by the same code as the original call. It never creates anything at the vendor. If the requested
//! resource does not exist, the job is discarded, because the customer may no longer want it.
//!
//! An order at the end of a trial that is refused is discarded, so that it does not hold up the account: the next look at the
//! trial orders again. An order that was sent stays while the vendor does not show its effect.
//!
//! A job that ended because the vendor denied the object is run a second time: the absence counts only if it is proved again.

use std::time::Duration;

use jiff::SignedDuration;

use crate::app::App;
use crate::app::request::RequestContext;
use crate::bss::Settings;
use crate::config::{self, ConfigError};
use crate::domain::error::ServiceError;
use crate::domain::ids::SubscriptionId;
use crate::http_client::Deadline;
use crate::provisioning::job::run_job;
use crate::provisioning::lease::{Lease, LeaseOutcome};
use crate::store::{AccountKey, AccountRecord, InFlightJob, SHARDS};

/// Limits of a run.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// `RECONCILE_AFTER_SECONDS`: time in seconds between the end of a job's lease and its recovery; default 900. In this
    /// time the operator is expected to press Retry.
    pub after: SignedDuration,
    /// `RECONCILE_LIMIT`: maximum number of accounts in a run, for each of the index's shards; default 10.
    pub limit: i32,
}

impl Default for Config {
    fn default() -> Self {
        Self { after: SignedDuration::from_mins(15), limit: 10 }
    }
}

impl Config {
    /// Reads the environment variables that the fields name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let default = Self::default();
        let after = config::parsed("RECONCILE_AFTER_SECONDS", default.after.as_secs())?;
        Ok(Self {
            after: SignedDuration::from_secs(after),
            limit: config::parsed("RECONCILE_LIMIT", default.limit)?.max(1),
        })
    }
}

/// Result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of jobs that were finished or discarded.
    pub recovered: u32,
    /// Number of jobs that could not be finished. The metric `JobsStuck` counts them and has an alarm.
    pub stuck: u32,
}

/// Runs the recovery once, within `budget`. `run_id` owns the leases of the run and must be unique.
///
/// # Errors
/// The last failure of the table. Jobs that were recovered before it stay recovered.
pub async fn run(app: &App, config: &Config, run_id: &str, budget: Duration) -> Result<Report, ServiceError> {
    let deadline = Deadline::after(budget);
    let before = app.clock.now().saturating_sub(config.after).map_err(ServiceError::internal)?.as_millisecond();
    let mut report = Report::default();
    let mut outcome = Ok(());
    'run: for shard in 0..SHARDS {
        let keys = match app.store.expired_jobs(shard, before, config.limit).await {
            Ok(keys) => keys,
            Err(error) => {
                outcome = Err(error.into());
                continue;
            }
        };
        for key in keys {
            if deadline.remaining_for_calls().is_zero() {
                break 'run;
            }
            let remaining = deadline.remaining().min(app.deadline);
            match recover_account(app, &key, before, run_id, remaining).await {
                Ok(Some(true)) => report.recovered += 1,
                Ok(Some(false)) => report.stuck += 1,
                Ok(None) => {}
                // An account that cannot be read must not delay the others.
                Err(failure) => {
                    report.stuck += 1;
                    outcome = Err(failure);
                }
            }
        }
    }
    metrics::counter!("JobsRecovered").increment(report.recovered.into());
    metrics::counter!("JobsStuck").increment(report.stuck.into());
    outcome.map(|()| report)
}

/// Recovers the abandoned job of one account. Returns `true` if no job is left, or `None` if a caller has retried it
/// meanwhile.
async fn recover_account(
    app: &App,
    key: &AccountKey,
    before: i64,
    run_id: &str,
    budget: Duration,
) -> Result<Option<bool>, ServiceError> {
    let Some((record, in_flight)) = load_abandoned(app, key, before).await? else { return Ok(None) };
    let call = context(app, &record, &in_flight, run_id, budget).await;
    let outcome = Box::pin(finish(&call, &record, &in_flight)).await;
    // The outcome is not decisive: the job is recovered if the record no longer has it.
    let remaining = app.store.account(key).await?.and_then(|record| record.job);
    let recovered = remaining.is_none_or(|remaining| remaining.fingerprint != in_flight.fingerprint);
    log_result(&call, &record, &in_flight, recovered, outcome.as_ref().err());
    Ok(Some(recovered))
}

/// Returns the account and its job if the job is still abandoned. The index is eventually consistent.
async fn load_abandoned(
    app: &App,
    key: &AccountKey,
    before: i64,
) -> Result<Option<(AccountRecord, InFlightJob)>, ServiceError> {
    let record = app.store.account(key).await?;
    Ok(record.and_then(|record| {
        let in_flight = record.job.clone().filter(|in_flight| in_flight.lease_expires_at < before)?;
        Some((record, in_flight))
    }))
}

/// Returns the context of a job, as its call had it.
async fn context<'a>(
    app: &'a App,
    record: &AccountRecord,
    in_flight: &InFlightJob,
    run_id: &str,
    budget: Duration,
) -> RequestContext<'a> {
    let (request_id, deadline) = (format!("{run_id}/{}", record.id), Deadline::after(budget));
    let operation = in_flight.job.operation();
    let call = RequestContext {
        settings: settings(app, record, in_flight).await,
        recovering: Some(in_flight.clone()),
        ..RequestContext::in_background(app, record.application, request_id, operation, deadline)
    };
    call.ids.record_partner(&app.vendor, &call.vendor_context());
    call.ids.record_organization(record);
    call.ids.record(|ids| ids.subscription = in_flight.job.subscription().map(SubscriptionId::to_string));
    call
}

async fn finish(
    call: &RequestContext<'_>,
    record: &AccountRecord,
    in_flight: &InFlightJob,
) -> Result<(), ServiceError> {
    if record.pending_step.is_some() || in_flight.recheck {
        return run_job(call, &in_flight.job).await;
    }
    match Lease::acquire(call, &record.key(), in_flight.job.clone(), &in_flight.fingerprint).await? {
        LeaseOutcome::Acquired(lease) => lease.discard().await,
        LeaseOutcome::AlreadyApplied(_) => {}
    }
    Ok(())
}

/// Returns the partner's settings. If they cannot be decrypted, empty settings are returned: the vendor rejects the call,
/// and the job counts as stuck.
async fn settings(app: &App, record: &AccountRecord, in_flight: &InFlightJob) -> Settings {
    let Some(credentials_id) = &in_flight.credentials_id else { return Settings::default() };
    app.partner_credentials.load(&app.store, record.application, credentials_id).await.unwrap_or_else(|failure| {
        tracing::error!(error = failure.log_message(), "failed to decrypt the partner's settings");
        Settings::default()
    })
}

fn log_result(
    call: &RequestContext<'_>,
    record: &AccountRecord,
    in_flight: &InFlightJob,
    recovered: bool,
    failure: Option<&ServiceError>,
) {
    let reason = failure.map(ServiceError::log_message);
    let (account, application, since) = (&record.id, record.application, in_flight.started_at);
    let (operation, step) = (in_flight.job.operation(), record.pending_step.as_deref());
    let ids = call.ids.ids();
    let (subscription, organization, vendor_calls) =
        (ids.subscription, ids.organization, call.outbound_calls.to_json());
    let (msp, partner) = (ids.msp.map(tracing::field::display), ids.partner.map(tracing::field::display));
    if recovered {
        tracing::info!(
            %account, %application, subscription, organization, msp, partner, operation, step, %since, reason, vendor_calls,
            "abandoned job recovered"
        );
    } else {
        tracing::error!(
            %account, %application, subscription, organization, msp, partner, operation, step, %since, reason, vendor_calls,
            "abandoned job is stuck"
        );
    }
}
