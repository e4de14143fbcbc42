//! The report of a redrive.

use serde::Serialize;

use crate::domain::error::ServiceError;
use crate::store::SyncKey;
use crate::workers::sync::SyncOutcome;

/// Result of a run. Each addition and ticket is counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Number of additions and tickets that were synchronized.
    pub synced: u32,
    /// Additions and tickets that need a person, with the reason.
    pub failed: Vec<String>,
    /// Additions and tickets that were due and are still pending, with the reason.
    pub pending: Vec<String>,
    /// Number of dead letters whose records are all done or recorded as pending.
    pub dead_letters_processed: u32,
    /// Dead letters that stay in the queue, with the reason.
    pub dead_letters_kept: Vec<String>,
    /// Number of additions and tickets that a full scan found out of sync; `None` if no full scan was completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_sync: Option<u32>,
}

impl Report {
    /// Counts the outcome of an attempt. Returns `true` if the record is done or recorded as pending.
    pub(super) fn count(&mut self, key: &SyncKey, outcome: Result<SyncOutcome, ServiceError>) -> bool {
        match outcome {
            Ok(SyncOutcome::UpToDate) => true,
            Ok(SyncOutcome::Synced) => {
                self.synced += 1;
                true
            }
            Ok(SyncOutcome::Failed(why)) => {
                self.failed.push(format!("{key}: {}", why.text));
                true
            }
            Ok(SyncOutcome::Pending(why)) => {
                self.pending.push(format!("{key}: {}", why.text));
                true
            }
            Ok(SyncOutcome::Locked) => {
                self.pending.push(format!("{key}: another attempt is in progress"));
                false
            }
            Err(failure) => {
                self.pending.push(format!("{key}: {}", failure.message()));
                false
            }
        }
    }
}
