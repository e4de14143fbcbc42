//! The table's stream, as Lambda hands it to a function: which items were written, in batches.
//!
//! An event is no more than a reason to look: its function reads what it names. So a batch says only keys, and comes again if
//! anything in it could not be worked off.

use serde::{Deserialize, Serialize};

use crate::store::{Keys, Subject};

/// A batch of writes. Of what Lambda says only this is read.
#[derive(Clone, Debug, Deserialize)]
pub struct Event {
    /// The writes, oldest first.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A write.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    dynamodb: Write,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    keys: Keys,
    sequence_number: String,
}

/// Which of the batch are to come again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// Those that could not be worked off.
    pub batch_item_failures: Vec<Unfinished>,
}

/// A write that is to come again, and all after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unfinished {
    /// Its sequence number.
    pub item_identifier: String,
}

impl Record {
    /// Its number in the stream.
    pub fn sequence_number(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// What was written; none if nobody cares.
    pub fn subject(&self) -> Option<Subject> {
        self.dynamodb.keys.subject()
    }
}

impl Answer {
    /// These are to come again.
    pub fn unfinished(sequence_numbers: impl IntoIterator<Item = String>) -> Self {
        let unfinished = sequence_numbers.into_iter().map(|item_identifier| Unfinished { item_identifier });
        Self { batch_item_failures: unfinished.collect() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subject(partition: &str, sort: &str) -> Option<Subject> {
        let event: Event = serde_json::from_value(json!({"Records": [{
            "eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb", "awsRegion": "eu-west-1",
            "dynamodb": {
                "Keys": {"pk": {"S": partition}, "sk": {"S": sort}}, "SequenceNumber": "100", "SizeBytes": 9,
                "StreamViewType": "KEYS_ONLY",
            },
        }]}))
        .unwrap();
        assert_eq!(event.records[0].sequence_number(), "100");
        event.records[0].subject()
    }

    #[test]
    fn only_what_somebody_acts_upon_counts() {
        let id = "b1a7c0de-0000-4000-8000-000000000001";
        assert!(matches!(
            subject(&format!("{id}#subscription#S1"), "subscription"),
            Some(Subject::Subscription(key)) if key.subscription.as_str() == "S1"
        ));
        assert!(matches!(
            subject(&format!("{id}#account#7"), "agreement"),
            Some(Subject::Agreement(key)) if key.account.as_str() == "7"
        ));
        assert!(matches!(
            subject("action#euwest.backup.10", "action"),
            Some(Subject::Action(key)) if key.to_string() == "euwest.backup.10"
        ));
        assert!(matches!(
            subject("organization#440032-6", "failures"),
            Some(Subject::Failures(id)) if id.as_str() == "440032-6"
        ));
        assert_eq!(subject(&format!("{id}#subscription#S1"), "addition"), None);
        assert_eq!(subject("action#euwest.backup.10", "ticket"), None);
        assert_eq!(subject(&format!("{id}#account#7"), "account"), None);
        assert_eq!(subject("msp#x", "agreement"), None);
    }

    #[test]
    fn an_answer_is_lambdas() {
        let answer = serde_json::to_value(Answer::unfinished(["7".to_owned()])).unwrap();
        assert_eq!(answer, json!({"batchItemFailures": [{"itemIdentifier": "7"}]}));
    }
}
