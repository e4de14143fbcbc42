//! Waiting for the lease of an account that another call holds.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};

use crate::app::request::RequestContext;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;
use crate::store::{AccountKey, AccountRecord, InFlightJob, StoreError};

/// Waits until the lease is free. Returns the record if the holder has just applied the desired state of `fingerprint`: a
/// failed one leaves none as applied.
pub(super) async fn wait(
    call: &RequestContext<'_>,
    key: &AccountKey,
    fingerprint: &Fingerprint,
) -> Result<Option<AccountRecord>, ServiceError> {
    let mut same = false;
    let mut operation = String::new();
    // The pauses grow to one second, so that many waiting calls do not slow down the holder.
    let pauses = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(25))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .with_jitter();
    let outcome = (|| read_if_free(call, key))
        .retry(pauses)
        .when(|wait| match wait {
            LeaseWait::HeldBy(in_flight) => {
                same |= in_flight.fingerprint == *fingerprint;
                in_flight.job.operation().clone_into(&mut operation);
                true
            }
            LeaseWait::Failed(_) => false,
        })
        .adjust(|_, pause| pause.filter(|pause| *pause < call.deadline.remaining_for_calls()))
        .await;
    match outcome {
        Ok(record) => {
            Ok(record
                .filter(|record| same && record.job.is_none() && record.last_applied.as_ref() == Some(fingerprint)))
        }
        Err(LeaseWait::Failed(error)) => Err(error.into()),
        Err(LeaseWait::HeldBy(_)) => Err(ServiceError::new(
            ErrorCode::InProgress,
            format!("Another call ({operation}) is working on this account. Press Retry in 30 seconds."),
        )),
    }
}

/// Returns the account if its lease is free.
async fn read_if_free(call: &RequestContext<'_>, key: &AccountKey) -> Result<Option<AccountRecord>, LeaseWait> {
    let record = call.app.store.account(key).await.map_err(LeaseWait::Failed)?;
    let in_flight = record.as_ref().and_then(|record| record.job.clone());
    match in_flight.filter(|in_flight| in_flight.lease_expires_at > call.now().as_millisecond()) {
        Some(in_flight) => Err(LeaseWait::HeldBy(Box::new(in_flight))),
        None => Ok(record),
    }
}

#[derive(Debug)]
enum LeaseWait {
    HeldBy(Box<InFlightJob>),
    Failed(StoreError),
}
