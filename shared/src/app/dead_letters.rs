//! The queue of batches that the stream's consumer could not work off. A message says where in the stream a batch stood, not
//! what it was: that is read off the stream, which keeps it for 24 hours.

use aws_config::SdkConfig;
use aws_sdk_dynamodbstreams::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodbstreams::operation::get_records::GetRecordsError;
use aws_sdk_dynamodbstreams::operation::get_shard_iterator::GetShardIteratorError;
use aws_sdk_dynamodbstreams::types::{AttributeValue, ShardIteratorType};
use serde::Deserialize;

use crate::config;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::store::{ItemKeys, ChangedItem};

/// The most messages that one run looks at; SQS gives so many at once.
const AT_ONCE: i32 = 10;

/// The most pages of the stream that are read for one message.
const MAX_PAGES: usize = 100;

/// How long nobody else sees a message that was received, in seconds.
const VISIBILITY_TIMEOUT_S: i32 = 240;

/// The queue, and the way to the stream.
#[derive(Debug)]
pub struct DeadLetters {
    queue: String,
    sqs: aws_sdk_sqs::Client,
    streams: aws_sdk_dynamodbstreams::Client,
}

/// A message.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    receipt: String,
    batch: Option<Batch>,
}

/// Why it can't be told what a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadableBatch {
    /// Its records are not in the stream any more, which keeps them for 24 hours.
    Expired,
    /// Another reason, for people.
    Invalid(String),
}

/// What Lambda says of a batch.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    shard_id: String,
    start_sequence_number: String,
    end_sequence_number: String,
    stream_arn: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "DDBStreamBatchInfo")]
    batch: Batch,
}

impl DeadLetter {
    /// What it is called in reports: where its batch begins.
    pub fn name(&self) -> &str {
        self.batch.as_ref().map_or("a message of another kind", |batch| &batch.start_sequence_number)
    }
}

impl DeadLetters {
    /// The queue whose URL `CONNECTWISE_DEAD_LETTERS_URL` holds; none if it is not set.
    pub fn from_env(aws: &SdkConfig) -> Option<Self> {
        config::optional("CONNECTWISE_DEAD_LETTERS_URL").map(|queue| Self::new(aws, aws, queue))
    }

    /// The queue at `queue`, reached by `sqs`; `streams` leads to the stream.
    pub fn new(sqs: &SdkConfig, streams: &SdkConfig, queue: String) -> Self {
        Self { queue, sqs: aws_sdk_sqs::Client::new(sqs), streams: aws_sdk_dynamodbstreams::Client::new(streams) }
    }

    /// Some of the messages.
    pub async fn receive(&self) -> Result<Vec<DeadLetter>, ServiceError> {
        let received = self
            .sqs
            .receive_message()
            .queue_url(&self.queue)
            .max_number_of_messages(AT_ONCE)
            .visibility_timeout(VISIBILITY_TIMEOUT_S)
            .send()
            .await
            .map_err(|error| unavailable(&DisplayErrorContext(error).to_string()))?;
        let letter = |message: aws_sdk_sqs::types::Message| {
            let body = message.body.unwrap_or_default();
            let batch = serde_json::from_str::<Body>(&body).ok().map(|body| body.batch);
            Some(DeadLetter { receipt: message.receipt_handle?, batch })
        };
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(letter).collect())
    }

    /// What the batch was about.
    ///
    /// # Errors
    /// Why that can't be told.
    pub async fn changed_items(&self, letter: &DeadLetter) -> Result<Vec<ChangedItem>, UnreadableBatch> {
        let unclear = |why: &str| UnreadableBatch::Invalid(why.to_owned());
        let batch = letter.batch.as_ref().ok_or_else(|| unclear("it does not say which records it is about"))?;
        let iterator = self
            .streams
            .get_shard_iterator()
            .stream_arn(&batch.stream_arn)
            .shard_id(&batch.shard_id)
            .shard_iterator_type(ShardIteratorType::AtSequenceNumber)
            .sequence_number(&batch.start_sequence_number)
            .send()
            .await
            .map_err(|error| match error.as_service_error() {
                Some(
                    GetShardIteratorError::ResourceNotFoundException(_)
                    | GetShardIteratorError::TrimmedDataAccessException(_),
                ) => UnreadableBatch::Expired,
                _ => unread(error),
            })?;
        let mut next = iterator.shard_iterator;
        let mut subjects = Vec::new();
        // Batches of other keys stand in between, and a page may be empty.
        for _ in 0..MAX_PAGES {
            let Some(at) = next else { return Ok(subjects) };
            let read = self.streams.get_records().shard_iterator(at).send().await;
            let read = read.map_err(|error| match error.as_service_error() {
                Some(
                    GetRecordsError::ResourceNotFoundException(_) | GetRecordsError::TrimmedDataAccessException(_),
                ) => UnreadableBatch::Expired,
                _ => unread(error),
            })?;
            for record in read.records.unwrap_or_default().into_iter().filter_map(|record| record.dynamodb) {
                let subject = keys(&record).and_then(|keys| keys.changed_item());
                subjects.extend(subject.filter(|subject| !subjects.contains(subject)));
                if record.sequence_number.as_deref() == Some(&batch.end_sequence_number) {
                    return Ok(subjects);
                }
            }
            next = read.next_shard_iterator;
        }
        Err(unclear("its batch does not end within what one run reads; the next one tries again"))
    }

    /// Takes a message off the queue.
    pub async fn delete(&self, letter: &DeadLetter) -> Result<(), ServiceError> {
        let deleted = self.sqs.delete_message().queue_url(&self.queue).receipt_handle(&letter.receipt).send().await;
        deleted.map(drop).map_err(|error| unavailable(&DisplayErrorContext(error).to_string()))
    }
}

fn keys(record: &aws_sdk_dynamodbstreams::types::StreamRecord) -> Option<ItemKeys> {
    let text = |name: &str| record.keys.as_ref()?.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
    Some(ItemKeys::new(text("pk")?, text("sk")?))
}

fn unread<E: std::error::Error + Send + Sync + 'static>(error: SdkError<E>) -> UnreadableBatch {
    UnreadableBatch::Invalid(format!("its records can't be read off the stream now: {}", DisplayErrorContext(error)))
}

fn unavailable(why: &str) -> ServiceError {
    ServiceError::new(ErrorCode::StoreUnavailable, "The queue of dead letters could not be reached. Try again.").with_internal(why)
}
