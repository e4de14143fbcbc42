//! A queue of jobs for a function without a URL.

use std::marker::PhantomData;

use aws_config::SdkConfig;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{QueueAttributeName, SendMessageBatchRequestEntry};
use serde::Serialize;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// Maximum number of messages in one send to SQS.
pub const BATCH: usize = 10;

/// A queue whose messages are the JSON of `T`.
#[derive(Debug)]
pub struct MessageQueue<T> {
    url: String,
    client: aws_sdk_sqs::Client,
    message: PhantomData<fn(T)>,
}

impl<T: Serialize> MessageQueue<T> {
    /// Returns the queue at `url`.
    pub fn new(aws: &SdkConfig, url: String) -> Self {
        Self { url, client: aws_sdk_sqs::Client::new(aws), message: PhantomData }
    }

    /// Sends up to [`BATCH`] messages.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`] if SQS did not accept all messages. Send all of them again: every job is idempotent.
    pub async fn send(&self, messages: &[T]) -> Result<(), ServiceError> {
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
    ServiceError::new(ErrorCode::StoreUnavailable, "The queue could not be reached. Try again.").with_internal(reason)
}
