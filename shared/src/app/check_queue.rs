//! The check queue: the organizations that `actions-check` compares with the recorded failures.

use aws_config::SdkConfig;
use serde::{Deserialize, Serialize};

use crate::app::message_queue::MessageQueue;
use crate::config;
use crate::connectwise::CompanyId;
use crate::domain::msp::MspId;
use crate::domain::vendor_id::VendorId;

/// A request to check an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRequest {
    /// The MSP whose customer the organization is.
    pub msp: MspId,
    /// The organization.
    pub organization: VendorId,
    /// The company to which it was linked when the round began. `None` in a message of an earlier release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
}

/// The check queue.
pub type CheckQueue = MessageQueue<CheckRequest>;

impl CheckQueue {
    /// Returns the queue whose URL is in `CHECK_QUEUE_URL`, or `None` if the variable is not set.
    pub fn from_env(aws: &SdkConfig) -> Option<Self> {
        config::optional("CHECK_QUEUE_URL").map(|url| Self::new(aws, url))
    }
}
