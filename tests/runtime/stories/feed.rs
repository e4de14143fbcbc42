//! Lambda's reader of the table's stream.

use conformance::runtime_api::Outcome;
use sandbox::stream::{Settings, SortKey};
use serde_json::{Value, json};

use super::send;
use crate::portal::Portal;

/// Lambda's reader of the table's stream for a consumer, with the consumer's role. It does not retry: what fails becomes a
/// dead letter at once, which the redrive processes.
pub struct Feed {
    settings: Settings,
    iterator: Option<Value>,
}

impl Feed {
    /// Returns the reader of a consumer.
    pub fn of(function: &str, settings: Settings) -> Self {
        assert_eq!(settings.function, function);
        Self { settings, iterator: None }
    }

    /// Delivers what was written since the last time.
    pub async fn deliver(&mut self, portal: &mut Portal) {
        let function = self.settings.function.clone();
        let stream = portal.deployed.deployment.value(r#"{"Fn::GetAtt":"Table.StreamArn"}"#).unwrap();
        let call = |operation: &str| format!("DynamoDBStreams_20120810.{operation}");
        let described =
            portal.deployed.call_as(&function, &call("DescribeStream"), &json!({ "StreamArn": stream })).await;
        let shard = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
        if self.iterator.is_none() {
            let start = json!({ "StreamArn": stream, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
            let found = portal.deployed.call_as(&function, &call("GetShardIterator"), &start).await;
            self.iterator = Some(found["ShardIterator"].clone());
        }
        loop {
            let read = json!({ "ShardIterator": self.iterator, "Limit": self.settings.batch_size });
            let read = portal.deployed.call_as(&function, &call("GetRecords"), &read).await;
            self.iterator = Some(read["NextShardIterator"].clone());
            let all = read["Records"].as_array().unwrap();
            if all.is_empty() {
                return;
            }
            let records: Vec<Value> = all.iter().filter(|record| self.accepts(record)).cloned().collect();
            let (Some(first), Some(last)) = (records.first(), records.last()) else { continue };
            let number = |record: &Value| record["dynamodb"]["SequenceNumber"].clone();
            let letter = json!({
                "requestContext": { "condition": "RetryAttemptsExhausted" },
                "DDBStreamBatchInfo": {
                    "shardId": shard, "streamArn": stream,
                    "startSequenceNumber": number(first), "endSequenceNumber": number(last),
                },
            });
            let outcome = portal.run(&function, &json!({ "Records": records })).await;
            if outcome != Outcome::Response(json!({ "batchItemFailures": [] })) {
                send(&portal.deployed, &function, "ConnectWiseDeadLetters", &letter).await;
            }
        }
    }

    fn accepts(&self, record: &Value) -> bool {
        let sort = record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap();
        self.settings.filter.contains(&SortKey::Equal(sort.to_owned()))
    }
}
