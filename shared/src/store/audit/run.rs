//! The run of an audit. An MSP has one at a time, in one item.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::connectwise::AgreementId;
use crate::domain::msp::MspId;
use crate::store::{Store, StoreError, keys, to_item};

const RUN: &str = "audit";

/// State of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum AuditState {
    /// Its message waits in the queue.
    Queued,
    /// It reads and compares.
    Running,
    /// It has compared everything.
    Complete,
    /// It ended before it had compared everything.
    Failed,
}

/// A run, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRun {
    /// Time of the start, which identifies the run.
    pub started_at: Timestamp,
    /// The MSP's business day at the start.
    pub day: Date,
    /// The state.
    pub state: AuditState,
    /// How far it has come.
    pub progress: AuditProgress,
    /// The reason why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Number of attempts since the last one that got on.
    pub attempts: u32,
    /// Time until which an attempt owns the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// Time of the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Number of writes, counted over all runs of the MSP.
    pub version: u64,
    /// Time of the last write.
    pub updated_at: Timestamp,
}

/// How far a run has come. First it reads the additions of all agreements, then it compares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditProgress {
    /// The last agreement whose additions were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementId>,
    /// `true` if the additions of all agreements were read.
    pub all_read: bool,
    /// Number of agreements whose additions were read.
    pub agreements: u32,
    /// Agreements whose additions ConnectWise did not give in a readable form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<AgreementId>,
    /// Number of items with the additions that were found.
    pub parts: u32,
    /// The last organization or addition that was compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<String>,
}

impl AuditRun {
    /// Returns `true` if the run has not ended.
    pub fn is_open(&self) -> bool {
        match self.state {
            AuditState::Queued | AuditState::Running => true,
            AuditState::Complete | AuditState::Failed => false,
        }
    }

    /// Ends the run as failed.
    pub fn fail(&mut self, now: Timestamp) {
        (self.state, self.finished_at) = (AuditState::Failed, Some(now));
    }
}

impl Store {
    /// Returns the MSP's last run with one keyed read.
    pub async fn audit_run(&self, msp: MspId) -> Result<Option<AuditRun>, StoreError> {
        self.get((keys::msp(msp), RUN)).await
    }

    /// Replaces the previous version of the MSP's run. Returns `false` if another version was written concurrently.
    pub async fn save_audit_run(&self, msp: MspId, run: &AuditRun) -> Result<bool, StoreError> {
        self.put_version(to_item(run, (keys::msp(msp), RUN))?, run.version).await
    }
}
