//! Work that was left behind and that nobody came back for: finished on a schedule, or brought to somebody's notice.
//!
//! It is found by key in the index of work, a bounded number in a run. Work of which nothing was sent to the vendor is dropped:
//! nothing has changed, and the platform holds the call for failed. Work of which something may have been sent is done by the
//! same code as the call that left it: look, do what is missing, record. Only nothing new is made at the vendor: what was
//! asked for and is not there is dropped as well, since nobody may be left who pays for it.

use std::time::Duration;

use jiff::SignedDuration;

use crate::app::App;
use crate::app::request::RequestContext;
use crate::bss::Settings;
use crate::config::{self, ConfigError};
use crate::domain::error::ServiceError;
use crate::http_client::OutboundCallLog;
use crate::http_client::Deadline;
use crate::provisioning::job::run_job;
use crate::provisioning::lease::{Lease, Turn};
use crate::store::{AccountKey, AccountRecord, SHARDS, InFlightJob};

/// What a run may do.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// `RECONCILE_AFTER_SECONDS`: how long after the end of its lease work counts as left behind; default 900. Until then the
    /// operator who presses Retry is expected to come back.
    pub after: SignedDuration,
    /// `RECONCILE_LIMIT`: how many accounts of each of the index's shards a run looks at; default 10.
    pub limit: i32,
}

impl Default for Config {
    fn default() -> Self {
        Self { after: SignedDuration::from_mins(15), limit: 10 }
    }
}

impl Config {
    /// Reads the variables that the members name.
    pub fn from_env() -> Result<Self, ConfigError> {
        let default = Self::default();
        let after = config::parsed("RECONCILE_AFTER_SECONDS", default.after.as_secs())?;
        Ok(Self {
            after: SignedDuration::from_secs(after),
            limit: config::parsed("RECONCILE_LIMIT", default.limit)?.max(1),
        })
    }
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Accounts whose work is done, or was found never to have begun.
    pub settled: u32,
    /// Accounts whose work is as it was; the metric `JobsStuck` counts them, and its alarm calls somebody.
    pub stuck: u32,
}

/// One run, within `budget`. `run_id` names it and is never used twice.
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
            let left = deadline.remaining().min(app.deadline);
            match settle(app, &key, before, run_id, left).await {
                Ok(Some(true)) => report.settled += 1,
                Ok(Some(false)) => report.stuck += 1,
                Ok(None) => {}
                // An account that can't be read must not keep the others waiting.
                Err(failure) => {
                    report.stuck += 1;
                    outcome = Err(failure);
                }
            }
        }
    }
    metrics::counter!("JobsRecovered").increment(report.settled.into());
    metrics::counter!("JobsStuck").increment(report.stuck.into());
    outcome.map(|()| report)
}

/// Settles the work of one account; whether it is settled, or none if somebody came back for it meanwhile.
async fn settle(
    app: &App,
    key: &AccountKey,
    before: i64,
    run_id: &str,
    budget: Duration,
) -> Result<Option<bool>, ServiceError> {
    let Some((record, work)) = abandoned(app, key, before).await? else { return Ok(None) };
    let outcome = Box::pin(finish(app, &record, &work, run_id, budget)).await;
    // Whatever it says: what counts is whether work is left.
    let left = app.store.account(key).await?.and_then(|record| record.job);
    let settled = left.is_none_or(|left| left.fingerprint != work.fingerprint);
    tell(&record, &work, settled, outcome.as_ref().err());
    Ok(Some(settled))
}

/// The account as it is now, if its work is still left behind: the index lags.
async fn abandoned(app: &App, key: &AccountKey, before: i64) -> Result<Option<(AccountRecord, InFlightJob)>, ServiceError> {
    let record = app.store.account(key).await?;
    Ok(record.and_then(|record| {
        let work = record.job.clone().filter(|work| work.lease_until < before)?;
        Some((record, work))
    }))
}

async fn finish(app: &App, record: &AccountRecord, work: &InFlightJob, run_id: &str, budget: Duration) -> Result<(), ServiceError> {
    let call = RequestContext {
        app,
        application: record.application,
        settings: settings(app, record, work).await,
        request_id: format!("{run_id}/{}", record.id),
        deadline: Deadline::after(budget),
        recovering: Some(work.clone()),
        outbound_calls: OutboundCallLog::default(),
        body: &[],
    };
    if record.pending_step.is_some() {
        return run_job(&call, &work.job).await;
    }
    match Lease::take(&call, &record.key(), work.job.clone(), &work.fingerprint).await? {
        Turn::Mine(lease) => lease.drop_work().await,
        Turn::Done(_) => {}
    }
    Ok(())
}

/// The partner's settings. Without them the vendor refuses, and the work waits for its next turn like any that is stuck.
async fn settings(app: &App, record: &AccountRecord, work: &InFlightJob) -> Settings {
    let Some(partner) = &work.credentials_id else { return Settings::default() };
    app.partners.recall(&app.store, record.application, partner).await.unwrap_or_else(|failure| {
        tracing::error!(error = failure.log_message(), "the partner's settings could not be opened");
        Settings::default()
    })
}

fn tell(record: &AccountRecord, work: &InFlightJob, settled: bool, failure: Option<&ServiceError>) {
    let reason = failure.map(ServiceError::log_message);
    let (account, application) = (&record.id, record.application);
    let (operation, step, since) = (work.job.operation(), record.pending_step.as_deref(), work.started_at);
    if settled {
        tracing::info!(%account, %application, operation, step, %since, reason, "abandoned work is settled");
    } else {
        tracing::error!(%account, %application, operation, step, %since, reason, "abandoned work is stuck");
    }
}
