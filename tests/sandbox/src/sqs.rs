//! Stand-in for SQS: standard queues in memory, created on first use. Times are those of the stack's clock.
//!
//! Errors that a caller can make are rejected as AWS does: too many messages at once, too long a delay, duplicate ids
//! in a batch. Message attributes are not stored. Long polling is not supported: `WaitTimeSeconds` counts as 0.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

use crate::clock::SandboxClock;

/// AWS's default, in seconds.
const DEFAULT_VISIBILITY_TIMEOUT: i64 = 30;
const LONGEST_VISIBILITY_TIMEOUT: i64 = 12 * 60 * 60;
const LONGEST_DELAY: i64 = 15 * 60;
/// AWS's maximum for a batch and for messages received at once.
const LARGEST_BATCH: usize = 10;

/// All queues by name. Clones share them.
#[derive(Clone)]
pub struct Queues {
    clock: SandboxClock,
    messages: Arc<Mutex<BTreeMap<String, Vec<Message>>>>,
    /// Marked as changed when a message is sent or its visibility changes.
    changes: watch::Sender<()>,
}

struct Message {
    id: String,
    body: String,
    sent: Timestamp,
    visible_from: Timestamp,
    received: u32,
    /// The latest receipt handle. An older one deletes nothing.
    receipt: Option<String>,
}

/// AWS's error code.
type Refusal = &'static str;

impl Queues {
    /// Creates an empty set of queues.
    pub fn new(clock: SandboxClock) -> Self {
        Self { clock, messages: Arc::default(), changes: watch::Sender::default() }
    }

    /// Sends a message to `queue`, without delay.
    pub fn send(&self, queue: &str, body: impl Into<String>) {
        self.put(queue, body.into(), 0);
    }

    /// Returns the bodies of all messages on `queue`, visible or not, in the order in which they were sent.
    pub fn messages(&self, queue: &str) -> Vec<String> {
        self.lock().get(queue).into_iter().flatten().map(|message| message.body.clone()).collect()
    }

    /// Returns all messages of all queues, with JSON bodies parsed: `{queue: [message]}`.
    pub fn state_json(&self) -> Value {
        let now = self.clock.now();
        let describe = |message: &Message| {
            json!({
                "id": message.id,
                "body": serde_json::from_str(&message.body).unwrap_or_else(|_| json!(message.body)),
                "sent": message.sent,
                "received": message.received,
                "visible": message.is_visible(now),
            })
        };
        let queues = self.lock();
        json!(
            queues
                .iter()
                .map(|(name, all)| (name, all.iter().map(describe).collect()))
                .collect::<BTreeMap<_, Vec<_>>>()
        )
    }

    /// Waits until `queue` has a visible message.
    pub async fn message_available(&self, queue: &str) {
        let mut changes = self.changes.subscribe();
        let mut advances = self.clock.advances();
        loop {
            let now = self.clock.now();
            let next = self.lock().get(queue).into_iter().flatten().map(|message| message.visible_from).min();
            let wait = match next {
                Some(next) if next <= now => return,
                Some(next) => next.duration_since(now).unsigned_abs(),
                None => Duration::MAX,
            };
            tokio::select! {
                // Neither sender is dropped as long as `self` lives.
                _ = changes.changed() => {}
                _ = advances.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Removes all messages of all queues.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Executes the operation of `x-amz-target: AmazonSQS.<operation>`.
    pub(crate) fn answer(&self, operation: &str, asked: Value) -> Result<Value, Refusal> {
        match operation {
            "SendMessage" => self.send_message(read(asked)?),
            "SendMessageBatch" => self.send_batch(&read(asked)?),
            "ReceiveMessage" => self.receive(&read(asked)?),
            "DeleteMessage" => self.delete(&read(asked)?),
            "DeleteMessageBatch" => self.delete_batch(&read(asked)?),
            "ChangeMessageVisibility" => self.change_visibility(&read(asked)?),
            "GetQueueAttributes" => Ok(self.attributes(&read(asked)?)),
            "PurgeQueue" => {
                let Queue { queue } = read(asked)?;
                self.lock().remove(name(&queue));
                Ok(json!({}))
            }
            _ => Err("UnknownOperationException"),
        }
    }

    fn put(&self, queue: &str, body: String, delay: i64) -> String {
        let now = self.clock.now();
        let id = Uuid::new_v4().to_string();
        let message =
            Message { id: id.clone(), body, sent: now, visible_from: after(now, delay), received: 0, receipt: None };
        self.lock().entry(queue.to_owned()).or_default().push(message);
        self.changes.send_replace(());
        id
    }

    fn send_message(&self, asked: SendMessage) -> Result<Value, Refusal> {
        let delay = within(asked.delay.unwrap_or_default(), LONGEST_DELAY)?;
        if asked.body.is_empty() {
            return Err("InvalidParameterValue");
        }
        Ok(json!({ "MessageId": self.put(name(&asked.queue), asked.body, delay) }))
    }

    fn send_batch(&self, asked: &Batch) -> Result<Value, Refusal> {
        asked.each(|queue, entry| self.send_message(read(with_queue(queue, entry))?))
    }

    fn receive(&self, asked: &Receive) -> Result<Value, Refusal> {
        let most = asked.most.unwrap_or(1);
        if !(1..=LARGEST_BATCH).contains(&most) {
            return Err("InvalidParameterValue");
        }
        let hidden = within(asked.visibility.unwrap_or(DEFAULT_VISIBILITY_TIMEOUT), LONGEST_VISIBILITY_TIMEOUT)?;
        let now = self.clock.now();
        let mut queues = self.lock();
        let queue = queues.entry(name(&asked.queue).to_owned()).or_default();
        let received: Vec<Value> = queue
            .iter_mut()
            .filter(|message| message.is_visible(now))
            .take(most)
            .map(|message| {
                message.received += 1;
                message.visible_from = after(now, hidden);
                let receipt = Uuid::new_v4().to_string();
                message.receipt = Some(receipt.clone());
                json!({
                    "MessageId": message.id,
                    "ReceiptHandle": receipt,
                    "Body": message.body,
                    "Attributes": asked.of([
                        ("ApproximateReceiveCount", message.received.to_string()),
                        ("SentTimestamp", message.sent.as_millisecond().to_string()),
                    ]),
                })
            })
            .collect();
        Ok(if received.is_empty() { json!({}) } else { json!({ "Messages": received }) })
    }

    /// Deletes a message. With a receipt handle that is no longer the latest, it succeeds without deleting, as at AWS.
    fn delete(&self, asked: &Receipt) -> Result<Value, Refusal> {
        if Uuid::try_parse(&asked.receipt).is_err() {
            return Err("ReceiptHandleIsInvalid");
        }
        if let Some(queue) = self.lock().get_mut(name(&asked.queue)) {
            queue.retain(|message| message.receipt.as_ref() != Some(&asked.receipt));
        }
        Ok(json!({}))
    }

    fn delete_batch(&self, asked: &Batch) -> Result<Value, Refusal> {
        asked.each(|queue, entry| self.delete(&read(with_queue(queue, entry))?))
    }

    fn change_visibility(&self, asked: &ChangeVisibility) -> Result<Value, Refusal> {
        let now = self.clock.now();
        let hidden = within(asked.visibility, LONGEST_VISIBILITY_TIMEOUT)?;
        let mut queues = self.lock();
        let message = queues
            .get_mut(name(&asked.queue))
            .and_then(|queue| queue.iter_mut().find(|message| message.receipt.as_ref() == Some(&asked.receipt)))
            .ok_or("ReceiptHandleIsInvalid")?;
        if message.is_visible(now) {
            return Err("AWS.SimpleQueueService.MessageNotInflight");
        }
        message.visible_from = after(now, hidden);
        Ok(json!({}))
    }

    fn attributes(&self, asked: &Attributes) -> Value {
        let now = self.clock.now();
        let queues = self.lock();
        let count = |wanted: fn(&Message, Timestamp) -> bool| {
            let all = queues.get(name(&asked.queue)).into_iter().flatten();
            all.filter(|message| wanted(message, now)).count().to_string()
        };
        let attributes = of(
            &asked.names,
            [
                ("ApproximateNumberOfMessages", count(Message::is_visible)),
                (
                    "ApproximateNumberOfMessagesNotVisible",
                    count(|message, now| !message.is_visible(now) && message.received > 0),
                ),
                (
                    "ApproximateNumberOfMessagesDelayed",
                    count(|message, now| !message.is_visible(now) && message.received == 0),
                ),
            ],
        );
        json!({ "Attributes": attributes })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Message>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Message {
    fn is_visible(&self, now: Timestamp) -> bool {
        self.visible_from <= now
    }
}

#[derive(Deserialize)]
struct Queue {
    #[serde(rename = "QueueUrl")]
    queue: String,
}

#[derive(Deserialize)]
struct SendMessage {
    #[serde(rename = "QueueUrl")]
    queue: String,
    #[serde(rename = "MessageBody")]
    body: String,
    #[serde(rename = "DelaySeconds")]
    delay: Option<i64>,
}

#[derive(Deserialize)]
struct Receive {
    #[serde(rename = "QueueUrl")]
    queue: String,
    #[serde(rename = "MaxNumberOfMessages")]
    most: Option<usize>,
    #[serde(rename = "VisibilityTimeout")]
    visibility: Option<i64>,
    #[serde(default, rename = "MessageSystemAttributeNames")]
    names: Vec<String>,
    #[serde(default, rename = "AttributeNames")]
    old_names: Vec<String>,
}

impl Receive {
    fn of<const N: usize>(&self, attributes: [(&'static str, String); N]) -> BTreeMap<&'static str, String> {
        of(if self.names.is_empty() { &self.old_names } else { &self.names }, attributes)
    }
}

#[derive(Deserialize)]
struct Receipt {
    #[serde(rename = "QueueUrl")]
    queue: String,
    #[serde(rename = "ReceiptHandle")]
    receipt: String,
}

#[derive(Deserialize)]
struct ChangeVisibility {
    #[serde(rename = "QueueUrl")]
    queue: String,
    #[serde(rename = "ReceiptHandle")]
    receipt: String,
    #[serde(rename = "VisibilityTimeout")]
    visibility: i64,
}

#[derive(Deserialize)]
struct Attributes {
    #[serde(rename = "QueueUrl")]
    queue: String,
    #[serde(default, rename = "AttributeNames")]
    names: Vec<String>,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "QueueUrl")]
    queue: String,
    #[serde(rename = "Entries")]
    entries: Vec<Value>,
}

impl Batch {
    /// Runs `work` for each entry and returns the results by entry id.
    fn each(&self, work: impl Fn(&str, &Value) -> Result<Value, Refusal>) -> Result<Value, Refusal> {
        let ids: BTreeSet<_> = self.entries.iter().map(|entry| entry.get("Id").map(Value::to_string)).collect();
        match self.entries.len() {
            0 => return Err("AWS.SimpleQueueService.EmptyBatchRequest"),
            more if more > LARGEST_BATCH => return Err("AWS.SimpleQueueService.TooManyEntriesInBatchRequest"),
            all if all > ids.len() => return Err("AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
            _ => {}
        }
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in &self.entries {
            let id = entry.get("Id").cloned().unwrap_or_default();
            match work(&self.queue, entry) {
                Ok(mut done) => {
                    if let Some(members) = done.as_object_mut() {
                        members.insert("Id".into(), id);
                    }
                    successful.push(done);
                }
                Err(code) => failed.push(json!({ "Id": id, "Code": code, "SenderFault": true })),
            }
        }
        Ok(json!({ "Successful": successful, "Failed": failed }))
    }
}

/// Returns the single call that a batch entry stands for.
fn with_queue(queue: &str, entry: &Value) -> Value {
    let mut call = entry.clone();
    if let Some(members) = call.as_object_mut() {
        members.insert("QueueUrl".into(), queue.into());
    }
    call
}

fn read<T: DeserializeOwned>(asked: Value) -> Result<T, Refusal> {
    serde_json::from_value(asked).map_err(|_| "SerializationException")
}

/// Returns the requested attributes.
fn of<const N: usize>(names: &[String], attributes: [(&'static str, String); N]) -> BTreeMap<&'static str, String> {
    attributes.into_iter().filter(|(name, _)| names.iter().any(|asked| asked == name || asked == "All")).collect()
}

/// Returns the queue's name: the last segment of its URL.
fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

fn within(seconds: i64, longest: i64) -> Result<i64, Refusal> {
    if (0..=longest).contains(&seconds) { Ok(seconds) } else { Err("InvalidParameterValue") }
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
