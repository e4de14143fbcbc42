//! The mapping delivers the stream's records as Lambda does: in order, with retries after a failure, and with dead
//! letters after the last retry.
#![expect(clippy::unwrap_used, reason = "a test's own calls must succeed")]

mod delivery;
mod failures;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::FutureExt;
use jiff::SignedDuration;
use sandbox::clock::SandboxClock;
use sandbox::dynamodb::DynamoDb;
use sandbox::serve::{Server, serve};
use sandbox::sqs::Queues;
use sandbox::stream::{Mapping, Settings};
use serde_json::{Value, json};
use service_manager::http_client::aws_http_client;
use service_manager::store::Store;
use tokio::net::TcpListener;

const TABLE: &str = "records";
const DEAD_LETTERS: &str = "dead-letters";

/// Records of a delivery: partition key, sort key, sequence number.
type Delivery = Vec<(String, String, String)>;

struct Fixture {
    _server: Server,
    sdk: SdkConfig,
    client: Client,
    queues: Queues,
    clock: SandboxClock,
    delivered: Arc<Mutex<Vec<Delivery>>>,
}

impl Fixture {
    async fn start() -> Self {
        let fixture = Self::without_table().await;
        Store::new(&fixture.sdk, TABLE.to_owned()).create_table().await.unwrap();
        fixture
    }

    async fn without_table() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, DynamoDb::start(None).unwrap().router()).unwrap();
        let sdk = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(aws_http_client().unwrap())
            .endpoint_url(format!("http://{}", server.address()))
            .credentials_provider(Credentials::new("local", "local", None, None, "test"))
            .region(Region::new("eu-west-1"))
            .load()
            .await;
        let clock = SandboxClock::default();
        Self {
            _server: server,
            client: Client::new(&sdk),
            sdk,
            queues: Queues::new(clock.clone()),
            clock,
            delivered: Arc::default(),
        }
    }

    async fn put(&self, partition: &str, sort: &str) {
        let put = self.client.put_item().table_name(TABLE);
        let put = put.item("pk", AttributeValue::S(partition.into())).item("sk", AttributeValue::S(sort.into()));
        put.send().await.unwrap();
    }

    /// Writes one item for each of `sorts`, in one partition.
    async fn put_all(&self, sorts: &[&str]) {
        for sort in sorts {
            self.put("a", sort).await;
        }
    }

    /// Starts a mapping. `handler` receives a delivery and the number of earlier ones, and returns the function's
    /// response.
    fn map(
        &self,
        settings: Settings,
        handler: impl Fn(&Delivery, usize) -> Result<Value, String> + Send + Sync + 'static,
    ) -> Mapping {
        let delivered = Arc::clone(&self.delivered);
        let handler = move |event: Value| {
            let delivery = delivery(&event);
            let mut delivered = delivered.lock().unwrap();
            let answer = handler(&delivery, delivered.len());
            delivered.push(delivery);
            std::future::ready(answer).boxed()
        };
        Mapping::start(settings, &self.sdk, TABLE, self.queues.clone(), self.clock.clone(), Arc::new(handler), None)
    }

    fn delivered(&self) -> Vec<Delivery> {
        self.delivered.lock().unwrap().clone()
    }

    /// Returns the sort keys of each delivery.
    fn sorts(&self) -> Vec<String> {
        self.delivered().iter().map(sorts).collect()
    }

    /// Returns the sequence number of the record with this sort key.
    fn sequence_number(&self, sort: &str) -> String {
        self.delivered().into_iter().flatten().find(|record| record.1 == sort).unwrap().2
    }

    fn dead_letters(&self) -> Vec<Value> {
        self.queues.messages(DEAD_LETTERS).iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    async fn until(&self, condition: impl Fn(&Self) -> bool) {
        let met = async {
            while !condition(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), met).await.unwrap();
    }
}

fn settings() -> Settings {
    Settings {
        filter: Vec::new(),
        batch_size: 10,
        maximum_retry_attempts: 5,
        maximum_record_age: SignedDuration::from_hours(1),
        bisect: false,
        dead_letters: DEAD_LETTERS.to_owned(),
        function: "on-record".to_owned(),
    }
}

fn delivery(event: &Value) -> Delivery {
    let text = |record: &Value, path: &str| record.pointer(path).unwrap().as_str().unwrap().to_owned();
    let records = event["Records"].as_array().unwrap().iter();
    records
        .map(|record| {
            (
                text(record, "/dynamodb/Keys/pk/S"),
                text(record, "/dynamodb/Keys/sk/S"),
                text(record, "/dynamodb/SequenceNumber"),
            )
        })
        .collect()
}

/// Returns the sort keys, one letter each.
fn sorts(delivery: &Delivery) -> String {
    delivery.iter().map(|record| record.1.as_str()).collect()
}

fn done() -> Value {
    json!({ "batchItemFailures": [] })
}

/// Returns a response in which the records with one of these sort keys failed.
fn failed(delivery: &Delivery, failing: &[&str]) -> Value {
    let failing = delivery.iter().filter(|record| failing.contains(&record.1.as_str()));
    json!({ "batchItemFailures": failing.map(|record| json!({ "itemIdentifier": record.2 })).collect::<Vec<_>>() })
}
