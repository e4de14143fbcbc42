//! The dead-letter queue: stream batches that a consumer failed to process. A message contains the position of the
//! batch in the stream, not its records. The records are read from the stream, which retains them for 24 hours.

use aws_config::SdkConfig;
use aws_sdk_dynamodbstreams::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodbstreams::operation::get_records::GetRecordsError;
use aws_sdk_dynamodbstreams::operation::get_shard_iterator::GetShardIteratorError;
use aws_sdk_dynamodbstreams::types::{AttributeValue, ShardIteratorType};
use serde::Deserialize;
use serde_json::Value;

use crate::config;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::http_client::Deadline;
use crate::store::{ChangedItem, ItemKeys};

/// Maximum number of messages of one receive, which is SQS's limit.
const MAX_MESSAGES: i32 = 10;

/// Number of stream pages after which the rest of a batch becomes a message of its own.
const MAX_PAGES: usize = 100;

/// Number of changed items after which the rest of a batch becomes a message of its own, so that a run that has no time for
/// the whole batch is not repeated from the beginning.
const MAX_ITEMS: usize = 100;

/// Maximum number of stream pages that are read for one message if no record follows its first one in them.
const MAX_PAGES_WITHOUT_PROGRESS: usize = 1000;

/// Visibility timeout of a received message, in seconds.
const VISIBILITY_TIMEOUT_S: i32 = 240;

/// Clients of the dead-letter queue and of the table's stream.
#[derive(Debug)]
pub struct DeadLetters {
    queue: String,
    sqs: aws_sdk_sqs::Client,
    streams: aws_sdk_dynamodbstreams::Client,
}

/// A message of the dead-letter queue.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    receipt: String,
    body: Value,
    batch: Option<Batch>,
}

/// The records of a batch, or of its first part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchRecords {
    /// The items that the records changed, each once.
    pub items: Vec<ChangedItem>,
    /// Sequence number at which the rest of the batch begins; `None` if the batch was read to its end.
    pub rest: Option<String>,
}

/// The reason that the records of a message cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnreadableBatch {
    /// The stream no longer has the records. It retains them for 24 hours.
    Expired,
    /// Any other reason, as text for the redrive report.
    Invalid(String),
}

/// Member of a message's body with the position of the batch.
const BATCH: &str = "DDBStreamBatchInfo";

/// The position of a batch in the stream, as Lambda reports it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    shard_id: String,
    start_sequence_number: String,
    end_sequence_number: String,
    stream_arn: String,
}

impl Batch {
    fn is_after_start(&self, sequence_number: Option<&str>) -> bool {
        sequence_number.is_some_and(|number| number != self.start_sequence_number)
    }
}

impl DeadLetter {
    /// Returns the name of the message in reports: the sequence number at which its batch begins.
    pub fn name(&self) -> &str {
        self.batch.as_ref().map_or("an unrecognized message", |batch| &batch.start_sequence_number)
    }
}

impl DeadLetters {
    /// Returns the queue whose URL is in `CONNECTWISE_DEAD_LETTERS_URL`, or `None` if the variable is not set.
    pub fn from_env(aws: &SdkConfig) -> Option<Self> {
        config::optional("CONNECTWISE_DEAD_LETTERS_URL").map(|queue| Self::new(aws, aws, queue))
    }

    /// Returns the queue with the URL `queue`. `sqs` configures the client of SQS, `streams` that of `DynamoDB`
    /// Streams.
    pub fn new(sqs: &SdkConfig, streams: &SdkConfig, queue: String) -> Self {
        Self { queue, sqs: aws_sdk_sqs::Client::new(sqs), streams: aws_sdk_dynamodbstreams::Client::new(streams) }
    }

    /// Receives at most 10 messages, and hides them for the visibility timeout.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`].
    pub async fn receive(&self) -> Result<Vec<DeadLetter>, ServiceError> {
        let received = self
            .sqs
            .receive_message()
            .queue_url(&self.queue)
            .max_number_of_messages(MAX_MESSAGES)
            .visibility_timeout(VISIBILITY_TIMEOUT_S)
            .send()
            .await
            .map_err(|error| unavailable(&DisplayErrorContext(error).to_string()))?;
        let letter = |message: aws_sdk_sqs::types::Message| {
            let body: Value = serde_json::from_str(&message.body.unwrap_or_default()).unwrap_or_default();
            let batch = body.get(BATCH).and_then(|batch| Batch::deserialize(batch).ok());
            Some(DeadLetter { receipt: message.receipt_handle?, body, batch })
        };
        Ok(received.messages.unwrap_or_default().into_iter().filter_map(letter).collect())
    }

    /// Reads the records of the batch, up to 100 pages of the stream or 100 changed items.
    ///
    /// # Errors
    /// [`UnreadableBatch::Expired`] if the stream no longer has the records, else [`UnreadableBatch::Invalid`].
    pub async fn records(&self, letter: &DeadLetter, deadline: Deadline) -> Result<BatchRecords, UnreadableBatch> {
        let invalid = |reason: &str| UnreadableBatch::Invalid(reason.to_owned());
        let batch = letter.batch.as_ref().ok_or_else(|| invalid("it does not say which records it covers"))?;
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
                _ => read_error(error),
            })?;
        let mut next = iterator.shard_iterator;
        let mut items = Vec::new();
        let mut last = None;
        // Records of other batches are in between, and a page can be empty.
        for page in 1..=MAX_PAGES_WITHOUT_PROGRESS {
            let Some(at) = next else { return Ok(BatchRecords { items, rest: None }) };
            let read = self.streams.get_records().shard_iterator(at).send().await;
            let read = read.map_err(|error| match error.as_service_error() {
                Some(
                    GetRecordsError::ResourceNotFoundException(_) | GetRecordsError::TrimmedDataAccessException(_),
                ) => UnreadableBatch::Expired,
                _ => read_error(error),
            })?;
            for record in read.records.unwrap_or_default().into_iter().filter_map(|record| record.dynamodb) {
                let item = keys(&record).and_then(|keys| keys.changed_item());
                items.extend(item.filter(|item| !items.contains(item)));
                if record.sequence_number.as_deref() == Some(&batch.end_sequence_number) {
                    return Ok(BatchRecords { items, rest: None });
                }
                last = record.sequence_number.or(last);
                if items.len() >= MAX_ITEMS && batch.is_after_start(last.as_deref()) {
                    return Ok(BatchRecords { items, rest: last });
                }
            }
            if page >= MAX_PAGES && batch.is_after_start(last.as_deref()) {
                return Ok(BatchRecords { items, rest: last });
            }
            if deadline.remaining_for_calls().is_zero() {
                break;
            }
            next = read.next_shard_iterator;
        }
        Err(invalid("its batch does not go on within the pages that one run reads; the next run tries again"))
    }

    /// Replaces a message by one for the rest of its batch, which begins at the sequence number `rest`. If it fails halfway,
    /// both messages stay; records that are processed twice have one effect.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`].
    pub async fn replace_by_rest(&self, letter: &DeadLetter, rest: &str) -> Result<(), ServiceError> {
        let mut body = letter.body.clone();
        if let Some(start) = body.pointer_mut(&format!("/{BATCH}/startSequenceNumber")) {
            *start = Value::from(rest);
        }
        let sent = self.sqs.send_message().queue_url(&self.queue).message_body(body.to_string()).send().await;
        sent.map_err(|error| unavailable(&DisplayErrorContext(error).to_string()))?;
        self.delete(letter).await
    }

    /// Deletes a message from the queue.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`].
    pub async fn delete(&self, letter: &DeadLetter) -> Result<(), ServiceError> {
        let deleted = self.sqs.delete_message().queue_url(&self.queue).receipt_handle(&letter.receipt).send().await;
        deleted.map(drop).map_err(|error| unavailable(&DisplayErrorContext(error).to_string()))
    }
}

fn keys(record: &aws_sdk_dynamodbstreams::types::StreamRecord) -> Option<ItemKeys> {
    let text = |name: &str| record.keys.as_ref()?.get(name).and_then(|value: &AttributeValue| value.as_s().ok());
    Some(ItemKeys::new(text("pk")?, text("sk")?))
}

fn read_error<E: std::error::Error + Send + Sync + 'static>(error: SdkError<E>) -> UnreadableBatch {
    UnreadableBatch::Invalid(format!("failed to read its records from the stream: {}", DisplayErrorContext(error)))
}

fn unavailable(reason: &str) -> ServiceError {
    ServiceError::new(ErrorCode::StoreUnavailable, "The dead-letter queue could not be reached. Try again.")
        .with_internal(reason)
}
