//! The circuit breaker of one run: after one timeout, an MSP's ConnectWise is not called again in the run. So it costs the
//! run one attempt instead of all, and cannot delay the other MSPs.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;

use crate::domain::msp::MspId;
use crate::workers::sync::SyncError;

/// The MSPs whose ConnectWise has not answered in this run; initially none.
#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<HashSet<MspId>>);

impl CircuitBreaker {
    /// Returns `true` if the MSP's ConnectWise has not answered in this run.
    pub fn is_open(&self, msp: MspId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&msp)
    }

    fn trip(&self, msp: MspId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(msp);
    }
}

/// Runs `operation` in the MSP's ConnectWise, unless the circuit breaker is open. Trips it if ConnectWise does not answer.
///
/// # Errors
/// The error of `operation`; [`SyncError::Skipped`] if the circuit breaker is open.
pub async fn call<T>(
    breaker: &CircuitBreaker,
    msp: MspId,
    operation: BoxFuture<'_, Result<T, SyncError>>,
) -> Result<T, SyncError> {
    if breaker.is_open(msp) {
        return Err(SyncError::Skipped);
    }
    let outcome = operation.await;
    if let Err(SyncError::Unresponsive { .. }) = outcome {
        breaker.trip(msp);
    }
    outcome
}
