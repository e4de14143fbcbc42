//! A record of the stream in the format of Lambda's event.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use aws_sdk_dynamodbstreams::types::{AttributeValue, OperationType, Record as Read, StreamViewType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::LANES;

/// A stream record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) shard: Arc<str>,
    pub(super) sequence_number: String,
    /// Time of the first read, by the stack's clock.
    pub(super) arrived: Timestamp,
    partition: String,
    pub(super) sort: String,
    pub(super) event: Value,
}

impl Record {
    /// Returns `None` for a record without sequence number, which no engine returns.
    pub(super) fn new(read: &Read, stream: &str, shard: &Arc<str>, arrived: Timestamp) -> Option<Self> {
        let data = read.dynamodb()?;
        let keys = data.keys();
        let text = |name: &str| keys.and_then(|keys| keys.get(name)?.as_s().ok()).cloned().unwrap_or_default();
        let sequence_number = data.sequence_number()?.to_owned();
        let described: Map<String, Value> =
            keys.into_iter().flatten().map(|(name, value)| (name.clone(), attribute(value))).collect();
        let mut event = json!({
            "eventID": read.event_id(),
            "eventName": read.event_name().map(OperationType::as_str),
            "eventVersion": read.event_version(),
            "eventSource": "aws:dynamodb",
            "awsRegion": read.aws_region(),
            "dynamodb": {
                "ApproximateCreationDateTime": arrived.as_second(),
                "Keys": described,
                "SequenceNumber": sequence_number,
                "SizeBytes": data.size_bytes(),
                "StreamViewType": data.stream_view_type().map(StreamViewType::as_str),
            },
            "eventSourceARN": stream,
        });
        if let Some((identity, event)) = read.user_identity().zip(event.as_object_mut()) {
            let described = json!({ "type": identity.r#type(), "principalId": identity.principal_id() });
            event.insert("userIdentity".into(), described);
        }
        Some(Self {
            shard: Arc::clone(shard),
            sequence_number,
            arrived,
            partition: text("pk"),
            sort: text("sk"),
            event,
        })
    }

    /// Returns the lane, which is the same for all records of a partition key.
    pub(super) fn lane(&self) -> usize {
        let mut hasher = DefaultHasher::new();
        self.partition.hash(&mut hasher);
        usize::try_from(hasher.finish() % LANES as u64).unwrap_or_default()
    }
}

/// Returns a key attribute as JSON. Keys are strings, numbers or binary.
fn attribute(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        _ => Value::Null,
    }
}
