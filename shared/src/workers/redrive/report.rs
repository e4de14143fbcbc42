//! What a run of the redrive came to.

use serde::Serialize;

use crate::domain::error::ServiceError;
use crate::store::ErrandKey;
use crate::workers::sync::Settled;

/// What a run came to. Each addition and ticket is counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Additions and tickets that are as they shall be now.
    pub applied: u32,
    /// What somebody has to see to, with why.
    pub failed: Vec<String>,
    /// What was due and is still pending, with why.
    pub pending: Vec<String>,
    /// Dead letters whose records are all done or on record.
    pub letters_done: u32,
    /// Dead letters that stay, with why.
    pub letters_left: Vec<String>,
    /// How many a sweep found that were not as they shall be; none if there was no sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swept: Option<u32>,
}

impl Report {
    /// Counts a turn; whether its errand is done or on record.
    pub(super) fn count(&mut self, errand: &ErrandKey, outcome: Result<Settled, ServiceError>) -> bool {
        match outcome {
            Ok(Settled::Nothing) => true,
            Ok(Settled::Applied) => {
                self.applied += 1;
                true
            }
            Ok(Settled::Failed(why)) => {
                self.failed.push(format!("{errand}: {why}"));
                true
            }
            Ok(Settled::Pending(why)) => {
                self.pending.push(format!("{errand}: {why}"));
                true
            }
            Ok(Settled::Busy) => {
                self.pending.push(format!("{errand}: somebody else is at work on it"));
                false
            }
            Err(failure) => {
                self.pending.push(format!("{errand}: {}", failure.message()));
                false
            }
        }
    }
}
