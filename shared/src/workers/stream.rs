//! The table's stream, as Lambda hands it to a function: which items were written, in batches.
//!
//! An event is no more than a reason to look: its function reads what it names. So a batch says only keys, and comes again if
//! anything in it could not be worked off.

use serde::{Deserialize, Serialize};

use crate::store::{ItemKeys, ChangedItem};

/// A batch of writes. Of what Lambda says only this is read.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// The writes, oldest first.
    #[serde(rename = "Records")]
    pub records: Vec<StreamRecord>,
}

/// A write.
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

/// Which of the batch are to come again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// Those that could not be worked off.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A write that is to come again, and all after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its sequence number.
    pub item_identifier: String,
}

impl StreamRecord {
    /// Its number in the stream.
    pub fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// What was written; none if nobody cares.
    pub fn changed_item(&self) -> Option<ChangedItem> {
        self.dynamodb.keys.changed_item()
    }
}

impl BatchResponse {
    /// These are to come again.
    pub fn with_failures(sequence_numbers: impl IntoIterator<Item = String>) -> Self {
        let unfinished = sequence_numbers.into_iter().map(|item_identifier| BatchItemFailure { item_identifier });
        Self { batch_item_failures: unfinished.collect() }
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
    fn only_what_somebody_acts_upon_counts() {
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
            Some(ChangedItem::FailingActions(id)) if id.as_str() == "440032-6"
        ));
        assert_eq!(changed_item(&format!("{id}#subscription#S1"), "addition"), None);
        assert_eq!(changed_item("action#euwest.backup.10", "ticket"), None);
        assert_eq!(changed_item(&format!("{id}#account#7"), "account"), None);
        assert_eq!(changed_item("msp#x", "agreement"), None);
    }

    #[test]
    fn an_answer_is_lambdas() {
        let answer = serde_json::to_value(BatchResponse::with_failures(["7".to_owned()])).unwrap();
        assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "7"}]}));
    }
}
