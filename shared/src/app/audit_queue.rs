//! The audit queue: the runs that `connectwise-audit` carries out.

use aws_config::SdkConfig;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::message_queue::MessageQueue;
use crate::config;
use crate::domain::msp::MspId;

/// A request to carry out a run, or to go on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRequest {
    /// The MSP.
    pub msp: MspId,
    /// Time at which the run began, which identifies it.
    pub started_at: Timestamp,
}

/// The audit queue.
pub type AuditQueue = MessageQueue<AuditRequest>;

impl AuditQueue {
    /// Returns the queue whose URL is in `AUDIT_QUEUE_URL`, or `None` if the variable is not set.
    pub fn from_env(aws: &SdkConfig) -> Option<Self> {
        config::optional("AUDIT_QUEUE_URL").map(|url| Self::new(aws, url))
    }
}
