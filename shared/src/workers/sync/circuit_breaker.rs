//! Whose ConnectWise does not answer, for the time of one run: whoever hangs costs a run one turn, not each of its turns, so
//! that the others' come in time.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;

use crate::domain::msp::MspId;
use crate::workers::sync::{Stop, Turn};

/// The MSPs whose ConnectWise has not answered in this run. Nobody, at first.
#[derive(Debug, Default)]
pub struct Silent(Mutex<HashSet<MspId>>);

impl Silent {
    /// Whether the MSP's ConnectWise has not answered.
    pub fn contains(&self, msp: MspId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&msp)
    }

    fn add(&self, msp: MspId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(msp);
    }
}

/// Does `work` in the MSP's ConnectWise, unless that has not answered earlier in this run.
///
/// # Errors
/// What stopped `work`; [`Stop::Skipped`] if it was not begun.
pub async fn ask<T>(turn: &Turn<'_>, msp: MspId, work: BoxFuture<'_, Result<T, Stop>>) -> Result<T, Stop> {
    if turn.silent.contains(msp) {
        return Err(Stop::Skipped);
    }
    let outcome = work.await;
    if let Err(Stop::Unanswered { .. }) = outcome {
        turn.silent.add(msp);
    }
    outcome
}
