//! The check queue: the organizations that `actions-check` compares with the recorded failures.

use aws_config::SdkConfig;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use serde::{Deserialize, Serialize};

use crate::config;
use crate::connectwise::CompanyId;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::msp::MspId;
use crate::domain::vendor_id::VendorId;

/// Maximum number of messages in one send to SQS.
pub const BATCH: usize = 10;

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
#[derive(Debug)]
pub struct CheckQueue {
    url: String,
    client: aws_sdk_sqs::Client,
}

impl CheckQueue {
    /// Returns the queue whose URL is in `CHECK_QUEUE_URL`, or `None` if the variable is not set.
    pub fn from_env(aws: &SdkConfig) -> Option<Self> {
        config::optional("CHECK_QUEUE_URL").map(|url| Self::new(aws, url))
    }

    /// Returns the queue at `url`.
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        Self { url, client: aws_sdk_sqs::Client::new(aws) }
    }

    /// Sends up to [`BATCH`] messages.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`] if SQS did not accept all messages. Send all of them again: a check is
    /// idempotent.
    pub async fn send(&self, messages: &[CheckRequest]) -> Result<(), ServiceError> {
        let mut batch = self.client.send_message_batch().queue_url(&self.url);
        for (number, message) in messages.iter().enumerate() {
            let body = serde_json::to_string(message).map_err(ServiceError::internal)?;
            let entry = SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body).build();
            batch = batch.entries(entry.map_err(ServiceError::internal)?);
        }
        let sent = batch.send().await.map_err(|error| unavailable(&DisplayErrorContext(error).to_string()))?;
        match sent.failed.first() {
            None => Ok(()),
            Some(failed) => Err(unavailable(&failed.code)),
        }
    }

    /// Returns the approximate number of messages that wait in the queue. Messages that are being processed, or whose
    /// processing died, are not among them.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`].
    pub async fn waiting(&self) -> Result<u64, ServiceError> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let request = self.client.get_queue_attributes().queue_url(&self.url).attribute_names(name.clone());
        let response = request.send().await.map_err(|error| unavailable(&DisplayErrorContext(error).to_string()))?;
        Ok(response
            .attributes
            .unwrap_or_default()
            .get(&name)
            .and_then(|number| number.parse().ok())
            .unwrap_or_default())
    }
}

fn unavailable(reason: &str) -> ServiceError {
    ServiceError::new(ErrorCode::StoreUnavailable, "The check queue could not be reached. Try again.")
        .with_internal(reason)
}
