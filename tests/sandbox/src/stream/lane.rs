//! Delivers the records of a lane, one batch after the other, until each is processed or sent to the dead-letter queue.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::sleep;
use uuid::Uuid;

use super::record::Record;
use super::{Handler, Settings};
use crate::clock::SandboxClock;
use crate::sqs::Queues;

/// Pause before the first retry. It doubles for each further retry.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The function and its settings, shared by all lanes.
pub(super) struct Function {
    pub(super) settings: Settings,
    pub(super) queues: Queues,
    pub(super) clock: SandboxClock,
    pub(super) handler: Handler,
}

/// An entry of a lane's queue.
pub(super) enum Entry {
    /// Records of one shard, in order.
    Records(Vec<Record>),
    /// A marker, acknowledged when all entries before it are processed.
    Mark(mpsc::UnboundedSender<()>),
}

pub(super) struct Lane {
    function: Arc<Function>,
    stream: String,
    entries: mpsc::UnboundedReceiver<Entry>,
    /// An entry that was received and is next.
    next_entry: Option<Entry>,
}

/// A batch, or the rest of one.
struct Batch {
    records: Vec<Record>,
    /// Number of deliveries. `retries` counts those that were retries.
    invocations: u32,
    retries: u32,
    /// `true` if the last delivery ended in an error of the function.
    error: bool,
}

/// The outcome of a delivery.
enum Outcome {
    Done,
    /// A partial failure: the position of the first record that failed.
    From(usize),
    Error(String),
}

impl Lane {
    pub(super) fn new(function: Arc<Function>, stream: String, entries: mpsc::UnboundedReceiver<Entry>) -> Self {
        Self { function, stream, entries, next_entry: None }
    }

    /// Runs until the reader ends.
    pub(super) async fn work(mut self) {
        while let Some(entry) = self.next().await {
            match entry {
                Entry::Records(records) => {
                    for batch in self.with_what_waits(records).chunks(self.function.settings.batch_size.max(1)) {
                        self.deliver(batch.to_vec()).await;
                    }
                }
                // The requester may no longer be waiting.
                Entry::Mark(reached) => drop(reached.send(())),
            }
        }
    }

    async fn next(&mut self) -> Option<Entry> {
        match self.next_entry.take() {
            Some(entry) => Some(entry),
            None => self.entries.recv().await,
        }
    }

    /// Adds records that arrived meanwhile. A batch contains records of one shard.
    fn with_what_waits(&mut self, mut records: Vec<Record>) -> Vec<Record> {
        while let Ok(entry) = self.entries.try_recv() {
            match entry {
                Entry::Records(more) if shard(&more) == shard(&records) => records.extend(more),
                other => {
                    self.next_entry = Some(other);
                    break;
                }
            }
        }
        records
    }

    async fn deliver(&self, records: Vec<Record>) {
        let settings = &self.function.settings;
        // A stack: the last batch is next.
        let mut batches = vec![Batch { records, invocations: 0, retries: 0, error: false }];
        while let Some(mut batch) = batches.pop() {
            let oldest = self.function.clock.now().checked_sub(settings.maximum_record_age).unwrap_or(Timestamp::MIN);
            let expired = batch.records.partition_point(|record| record.arrived < oldest);
            let behind = if expired > 0 { batch.split_off(expired) } else { None };
            if expired > 0 {
                self.give_up(&batch, "EventAgeExceeded");
                batches.extend(behind);
                continue;
            }
            batch.invocations += 1;
            let outcome = self.invoke(&batch.records).await;
            batch.error = matches!(outcome, Outcome::Error(_));
            let (is_split, behind) = match outcome {
                Outcome::Done => continue,
                Outcome::From(first) => {
                    batch.records.drain(..first);
                    (settings.bisect && first > 0, None)
                }
                Outcome::Error(error) => {
                    tracing::warn!(
                        function = settings.function,
                        records = batch.records.len(),
                        error,
                        "a batch failed"
                    );
                    let half = batch.records.len().div_ceil(2);
                    let behind = if settings.bisect { batch.split_off(half) } else { None };
                    (behind.is_some(), behind)
                }
            };
            batches.extend(behind);
            // Splitting a batch does not count as a retry.
            if !is_split && batch.retries >= settings.maximum_retry_attempts {
                self.give_up(&batch, "RetryAttemptsExhausted");
                continue;
            }
            sleep(pause(batch.retries)).await;
            batch.retries += u32::from(!is_split);
            batches.push(batch);
        }
    }

    /// Invokes the handler. A panic counts as an error of the function.
    async fn invoke(&self, records: &[Record]) -> Outcome {
        let event = json!({ "Records": records.iter().map(|record| &record.event).collect::<Vec<_>>() });
        let handled = AssertUnwindSafe(async { (self.function.handler)(event).await }).catch_unwind().await;
        match handled.unwrap_or_else(|_| Err("it panicked".to_owned())) {
            Ok(response) => outcome(records, &response),
            Err(error) => Outcome::Error(error),
        }
    }

    /// Sends one message for the batch to the dead-letter queue, in AWS's format, which does not contain the records.
    fn give_up(&self, batch: &Batch, condition: &str) {
        let (Some(first), Some(last)) = (batch.records.first(), batch.records.last()) else { return };
        let Settings { function, dead_letters, .. } = &self.function.settings;
        let message = json!({
            "requestContext": {
                "requestId": Uuid::new_v4(),
                "functionArn": format!("arn:aws:lambda:eu-west-1:000000000000:function:{function}"),
                "condition": condition,
                "approximateInvokeCount": batch.invocations,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": batch.error.then_some("Unhandled"),
            },
            "version": "1.0",
            "timestamp": self.function.clock.now(),
            "DDBStreamBatchInfo": {
                "shardId": &*first.shard,
                "startSequenceNumber": first.sequence_number,
                "endSequenceNumber": last.sequence_number,
                "approximateArrivalOfFirstRecord": first.arrived,
                "approximateArrivalOfLastRecord": last.arrived,
                "batchSize": batch.records.len(),
                "streamArn": self.stream,
            },
        });
        self.function.queues.send(dead_letters, message.to_string());
    }
}

impl Batch {
    /// Splits off the records from `at` on. Their counts are those of the batch.
    fn split_off(&mut self, at: usize) -> Option<Self> {
        let records = self.records.split_off(at.min(self.records.len()));
        (!records.is_empty()).then_some(Self { records, ..*self })
    }
}

/// Interprets the function's response. A response without failures is a success. A failure that names no record of the
/// batch fails the whole batch.
fn outcome(records: &[Record], response: &Value) -> Outcome {
    let failures = match response.get("batchItemFailures") {
        None | Some(Value::Null) => return Outcome::Done,
        Some(Value::Array(failures)) => failures,
        Some(other) => return Outcome::Error(format!("batchItemFailures is {other}")),
    };
    let mut lowest = None;
    for failure in failures {
        let failed = failure.get("itemIdentifier").and_then(Value::as_str);
        let Some(at) = records.iter().position(|record| Some(record.sequence_number.as_str()) == failed) else {
            return Outcome::Error(format!("no such record: {failure}"));
        };
        lowest = Some(lowest.map_or(at, |lowest: usize| lowest.min(at)));
    }
    lowest.map_or(Outcome::Done, Outcome::From)
}

fn shard(records: &[Record]) -> Option<&str> {
    records.first().map(|record| &*record.shard)
}

fn pause(retries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(retries)).min(LONGEST_PAUSE)
}
