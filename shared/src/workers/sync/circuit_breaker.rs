//! Whose ConnectWise does not answer, for the time of one run: whoever hangs costs a run one turn, not each of its turns, so
//! that the others' come in time.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;

use crate::domain::msp::MspId;
use crate::workers::sync::{SyncError, SyncAttempt};

/// The MSPs whose ConnectWise has not answered in this run. Nobody, at first.
#[derive(Debug, Default)]
pub struct CircuitBreaker(Mutex<HashSet<MspId>>);

impl CircuitBreaker {
    /// Whether the MSP's ConnectWise has not answered.
    pub fn is_open(&self, msp: MspId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&msp)
    }

    fn trip(&self, msp: MspId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(msp);
    }
}

/// Does `work` in the MSP's ConnectWise, unless that has not answered earlier in this run.
///
/// # Errors
/// What stopped `work`; [`Stop::Skipped`] if it was not begun.
pub async fn call<T>(turn: &SyncAttempt<'_>, msp: MspId, work: BoxFuture<'_, Result<T, SyncError>>) -> Result<T, SyncError> {
    if turn.breaker.is_open(msp) {
        return Err(SyncError::Skipped);
    }
    let outcome = work.await;
    if let Err(SyncError::Unresponsive { .. }) = outcome {
        turn.breaker.trip(msp);
    }
    outcome
}
