//! The table's stream, as Lambda passes it to a function: batches of the keys of changed items.
//!
//! A batch has only keys, because its consumer reads the current items. Lambda retries a batch from the first record that
//! the consumer reports as failed.

use serde::{Deserialize, Serialize};

use crate::store::{ChangedItem, ItemKeys};

/// A stream batch. Only the fields that we use are deserialized.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// The records, oldest first.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// The write of one item.
#[derive(Clone, Debug, Deserialize)]
pub struct StreamRecord {
    dynamodb: Write,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    keys: ItemKeys,
    sequence_number: String,
}

/// Response to a batch: the items that Lambda must retry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// The items that were not processed.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// An item to retry. Of a stream batch, Lambda also retries all later records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Sequence number of the stream record, or id of the queue message.
    pub item_identifier: String,
}

impl StreamRecord {
    /// Returns the record's sequence number in the stream.
    pub fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// Returns the changed item if it is one that a consumer reacts to.
    pub fn changed_item(&self) -> Option<ChangedItem> {
        self.dynamodb.keys.changed_item()
    }
}

impl BatchResponse {
    /// Returns the response that has these items retried.
    pub fn with_failures(sequence_numbers: impl IntoIterator<Item = String>) -> Self {
        let failures = sequence_numbers.into_iter().map(|item_identifier| BatchItemFailure { item_identifier });
        Self { batch_item_failures: failures.collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed_item(partition: &str, sort: &str) -> Option<ChangedItem> {
        let event: Event = serde_json::from_value(json!({"Records": [{
            "eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1",
            "dynamodb": {
                "Keys": {"pk": {"S": partition}, "sk": {"S": sort}}, "SequenceNumber": "100", "SizeBytes": 9,
                "StreamViewType": "KEYS_ONLY",
            },
        }]}))
        .unwrap();
        assert_eq!(event.records[0].sequence_number(), "100");
        event.records[0].changed_item()
    }

    #[test]
    fn only_items_with_a_consumer_are_reported() {
        let id = "b1a7c0de-0000-4000-8000-000000000001";
        assert!(matches!(
            changed_item(&format!("{id}#subscription#S1"), "subscription"),
            Some(ChangedItem::Subscription(key)) if key.subscription.as_str() == "S1"
        ));
        assert!(matches!(
            changed_item(&format!("{id}#account#7"), "agreement"),
            Some(ChangedItem::Agreement(key)) if key.account.as_str() == "7"
        ));
        assert!(matches!(
            changed_item("action#euwest.backup.10", "action"),
            Some(ChangedItem::Action(key)) if key.to_string() == "euwest.backup.10"
        ));
        assert!(matches!(
            changed_item("organization#440032-6", "failures"),
            Some(ChangedItem::FailingActions(id)) if id.id.as_str() == "440032-6"
        ));
        assert_eq!(changed_item(&format!("{id}#subscription#S1"), "addition"), None);
        assert_eq!(changed_item("action#euwest.backup.10", "ticket"), None);
        assert_eq!(changed_item(&format!("{id}#account#7"), "account"), None);
        assert_eq!(changed_item("msp#x", "agreement"), None);
    }

    #[test]
    fn the_response_has_lambdas_format() {
        let response = serde_json::to_value(BatchResponse::with_failures(["7".to_owned()])).unwrap();
        assert_eq!(response, json!({"batchItemFailures": [{"itemIdentifier": "7"}]}));
    }
}
