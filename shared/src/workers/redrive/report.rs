//! What a run of the redrive came to.

use serde::Serialize;

use crate::domain::error::ServiceError;
use crate::store::SyncKey;
use crate::workers::sync::SyncOutcome;

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
    pub dead_letters_processed: u32,
    /// Dead letters that stay, with why.
    pub dead_letters_kept: Vec<String>,
    /// How many a sweep found that were not as they shall be; none if there was no sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_sync_found: Option<u32>,
}

impl Report {
    /// Counts a turn; whether its errand is done or on record.
    pub(super) fn count(&mut self, errand: &SyncKey, outcome: Result<SyncOutcome, ServiceError>) -> bool {
        match outcome {
            Ok(SyncOutcome::UpToDate) => true,
            Ok(SyncOutcome::Synced) => {
                self.applied += 1;
                true
            }
            Ok(SyncOutcome::Failed(why)) => {
                self.failed.push(format!("{errand}: {why}"));
                true
            }
            Ok(SyncOutcome::Pending(why)) => {
                self.pending.push(format!("{errand}: {why}"));
                true
            }
            Ok(SyncOutcome::Locked) => {
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
