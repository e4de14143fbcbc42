//! The queue of organizations that are to be looked at.

use aws_config::SdkConfig;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use serde::{Deserialize, Serialize};

use crate::config;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::ids::ExternalId;
use crate::domain::msp::MspId;

/// The most messages that SQS takes at once.
pub const BATCH: usize = 10;

/// An organization that is to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRequest {
    /// Whose customer it is.
    pub msp: MspId,
    /// Which.
    pub organization: ExternalId,
}

/// The queue.
#[derive(Debug)]
pub struct CheckQueue {
    url: String,
    client: aws_sdk_sqs::Client,
}

impl CheckQueue {
    /// The queue whose URL `CHECK_QUEUE_URL` holds; none if it is not set.
    pub fn from_env(aws: &SdkConfig) -> Option<Self> {
        config::optional("CHECK_QUEUE_URL").map(|url| Self::new(aws, url))
    }

    /// The queue at `url`.
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        Self { url, client: aws_sdk_sqs::Client::new(aws) }
    }

    /// Sends up to [`BATCH`] messages. If not all were taken, all are to be sent again: to look twice does no harm.
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

    /// About how many messages there are, whether somebody is at work on them or not.
    pub async fn length(&self) -> Result<u64, ServiceError> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let asked = self.client.get_queue_attributes().queue_url(&self.url).set_attribute_names(Some(names.to_vec()));
        let answer = asked.send().await.map_err(|error| unavailable(&DisplayErrorContext(error).to_string()))?;
        let attributes = answer.attributes.unwrap_or_default();
        Ok(names.iter().filter_map(|name| attributes.get(name)?.parse::<u64>().ok()).sum())
    }
}

fn unavailable(why: &str) -> ServiceError {
    ServiceError::new(ErrorCode::StoreUnavailable, "The queue of what is to be looked at could not be reached. Try again.")
        .with_internal(why)
}
