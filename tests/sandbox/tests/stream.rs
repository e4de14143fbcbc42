//! The mapping delivers the stream's records as Lambda does: in order, with retries after a failure, and with dead
//! letters after the last retry.
#![expect(clippy::unwrap_used, reason = "a test's own calls must succeed")]

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
use sandbox::stream::{Mapping, Settings, SortKey};
use serde_json::{Value, json};
use service_manager::store::Store;
use tokio::net::TcpListener;

const TABLE: &str = "records";
const DEAD_LETTERS: &str = "dead-letters";

/// Records of a delivery: partition key, sort key, sequence number.
type Delivery = Vec<(String, String, String)>;

struct World {
    _server: Server,
    sdk: SdkConfig,
    client: Client,
    queues: Queues,
    clock: SandboxClock,
    delivered: Arc<Mutex<Vec<Delivery>>>,
}

impl World {
    async fn start() -> Self {
        let world = Self::without_table().await;
        Store::new(&world.sdk, TABLE.to_owned()).create_table().await.unwrap();
        world
    }

    async fn without_table() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = serve(listener, DynamoDb::start(None).unwrap().router()).unwrap();
        let sdk = aws_config::defaults(BehaviorVersion::v2026_01_12())
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
        Mapping::start(settings, &self.sdk, TABLE, self.queues.clone(), self.clock.clone(), Arc::new(handler))
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

#[tokio::test]
async fn an_event_is_lambdas() {
    let world = World::start().await;
    world.put("a", "1").await;
    let (event, seen) = (Arc::new(Mutex::new(Value::Null)), world.client.clone());
    let kept = Arc::clone(&event);
    let handler = Arc::new(move |event| {
        *kept.lock().unwrap() = event;
        std::future::ready(Ok(Value::Null)).boxed()
    });
    let mapping = Mapping::start(settings(), &world.sdk, TABLE, world.queues.clone(), world.clock.clone(), handler);
    assert!(mapping.settled().await);
    let described = seen.describe_table().table_name(TABLE).send().await.unwrap().table.unwrap();
    let mut event = event.lock().unwrap().clone();
    let record = &mut event["Records"][0];
    for (name, value) in [
        ("/eventID", "id"),
        ("/awsRegion", "region"),
        ("/dynamodb/SequenceNumber", "number"),
        ("/dynamodb/ApproximateCreationDateTime", "time"),
        ("/dynamodb/SizeBytes", "size"),
    ] {
        let member = record.pointer_mut(name).unwrap();
        assert!(!member.is_null(), "{name}");
        *member = json!(value);
    }
    assert_eq!(
        event,
        json!({ "Records": [{
            "eventID": "id",
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "region",
            "dynamodb": {
                "ApproximateCreationDateTime": "time",
                "Keys": { "pk": { "S": "a" }, "sk": { "S": "1" } },
                "SequenceNumber": "number",
                "SizeBytes": "size",
                "StreamViewType": "KEYS_ONLY"
            },
            "eventSourceARN": described.latest_stream_arn.unwrap()
        }] })
    );
}

#[tokio::test]
async fn the_records_of_a_key_come_in_order() {
    let world = World::start().await;
    let mapping = world.map(Settings { batch_size: 3, ..settings() }, |_, _| Ok(done()));
    for sort in 'a'..='j' {
        for partition in ["1", "2", "3", "4", "5"] {
            world.put(partition, &sort.to_string()).await;
        }
    }
    assert!(mapping.settled().await);
    assert!(world.delivered().iter().all(|delivery| delivery.len() <= 3));
    for partition in ["1", "2", "3", "4", "5"] {
        let records = world.delivered().into_iter().flatten().filter(|record| record.0 == partition).collect();
        assert_eq!(sorts(&records), "abcdefghij");
    }
}

#[tokio::test]
async fn a_failing_record_is_delivered_again_and_what_was_before_it_is_not() {
    let world = World::start().await;
    world.put_all(&["a", "b", "c", "d"]).await;
    let mapping = world.map(settings(), |delivery, before| {
        let failing: &[&str] = if before == 0 { &["d", "b"] } else { &[] };
        Ok(failed(delivery, failing))
    });
    assert!(mapping.settled().await);
    assert_eq!(world.sorts(), ["abcd", "bcd"]);
    assert_eq!(world.dead_letters(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_failure_of_no_record_of_the_batch_is_one_of_the_whole() {
    let world = World::start().await;
    world.put_all(&["a", "b"]).await;
    let mapping = world.map(settings(), |_, before| {
        let named = [json!(""), json!(null), json!("1")].get(before).cloned();
        Ok(named.map_or(Value::Null, |named| json!({ "batchItemFailures": [{ "itemIdentifier": named }] })))
    });
    assert!(mapping.settled().await);
    assert_eq!(world.sorts(), ["ab", "ab", "ab", "ab"]);
}

#[tokio::test]
async fn an_error_splits_the_batch_until_the_record_is_alone() {
    let world = World::start().await;
    world.put_all(&["a", "b", "c", "d"]).await;
    let settings = Settings { bisect: true, maximum_retry_attempts: 1, ..settings() };
    let mapping =
        world.map(
            settings,
            |delivery, _| {
                if sorts(delivery).contains('c') { Err("it cannot".to_owned()) } else { Ok(done()) }
            },
        );
    assert!(mapping.settled().await);
    assert_eq!(world.sorts(), ["abcd", "ab", "cd", "c", "c", "d"]);
    let [letter] = &world.dead_letters()[..] else { panic!("{:?}", world.dead_letters()) };
    assert_eq!(letter["DDBStreamBatchInfo"]["startSequenceNumber"], json!(world.sequence_number("c")));
    assert_eq!(letter["responseContext"]["functionError"], "Unhandled");
}

#[tokio::test]
async fn what_fails_too_often_is_a_dead_letter_and_the_rest_gets_through() {
    let world = World::start().await;
    world.put_all(&["a", "b", "c", "d"]).await;
    let settings = Settings { batch_size: 3, maximum_retry_attempts: 1, ..settings() };
    let mapping = world.map(settings, |delivery, _| Ok(failed(delivery, &["b"])));
    assert!(mapping.settled().await);
    assert_eq!(world.sorts(), ["abc", "bc", "d"]);
    let mut letters = world.dead_letters();
    let letter = &mut letters[0];
    let arn = letter["DDBStreamBatchInfo"]["streamArn"].as_str().unwrap().to_owned();
    assert!(arn.contains(":table/records/stream/"), "{arn}");
    for path in [
        "/requestContext/requestId",
        "/timestamp",
        "/DDBStreamBatchInfo/shardId",
        "/DDBStreamBatchInfo/approximateArrivalOfFirstRecord",
        "/DDBStreamBatchInfo/approximateArrivalOfLastRecord",
        "/DDBStreamBatchInfo/streamArn",
    ] {
        let member = letter.pointer_mut(path).unwrap();
        assert!(member.is_string(), "{path}");
        *member = Value::Null;
    }
    assert_eq!(
        letters,
        [json!({
            "requestContext": {
                "requestId": null,
                "functionArn": "arn:aws:lambda:eu-west-1:000000000000:function:on-record",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 2
            },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": null },
            "version": "1.0",
            "timestamp": null,
            "DDBStreamBatchInfo": {
                "shardId": null,
                "startSequenceNumber": world.sequence_number("b"),
                "endSequenceNumber": world.sequence_number("c"),
                "approximateArrivalOfFirstRecord": null,
                "approximateArrivalOfLastRecord": null,
                "batchSize": 2,
                "streamArn": null
            }
        })]
    );
}

#[tokio::test]
async fn a_record_that_has_become_too_old_is_a_dead_letter() {
    let world = World::start().await;
    world.put_all(&["a"]).await;
    let settings = Settings { maximum_retry_attempts: 10_000, ..settings() };
    let mapping = world.map(settings, |delivery, _| Ok(failed(delivery, &["a"])));
    world.until(|world| !world.delivered().is_empty()).await;
    world.clock.advance(SignedDuration::from_hours(2));
    assert!(mapping.settled().await);
    let [letter] = &world.dead_letters()[..] else { panic!("{:?}", world.dead_letters()) };
    assert_eq!(letter["requestContext"]["condition"], "EventAgeExceeded");
    // A record written after the clock was advanced is not too old.
    world.put_all(&["b"]).await;
    assert!(mapping.settled().await);
    assert_eq!(world.sorts().last().unwrap(), "b");
    assert_eq!(world.dead_letters().len(), 1);
}

#[tokio::test]
async fn a_failing_key_does_not_hold_up_the_others() {
    let world = World::start().await;
    world.put("bad", "x").await;
    let settings = Settings { maximum_retry_attempts: 10_000, ..settings() };
    let _mapping = world.map(settings, |delivery, _| Ok(failed(delivery, &["x"])));
    world.until(|world| !world.delivered().is_empty()).await;
    for key in 0..50 {
        world.put(&format!("good{key}"), "y").await;
    }
    // A tenth of the keys share the lane.
    let through = |world: &World| sorts(&world.delivered().concat()).matches('y').count();
    world.until(|world| through(world) >= 25).await;
}

#[tokio::test]
async fn a_function_that_panics_has_failed() {
    let world = World::start().await;
    world.put_all(&["a"]).await;
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    let handler = Arc::new(move |_: Value| {
        *counted.lock().unwrap() += 1;
        async { panic!("on purpose") }.boxed()
    });
    let settings = Settings { maximum_retry_attempts: 1, ..settings() };
    let mapping = Mapping::start(settings, &world.sdk, TABLE, world.queues.clone(), world.clock.clone(), handler);
    assert!(mapping.settled().await);
    assert_eq!(*calls.lock().unwrap(), 2);
    assert_eq!(world.dead_letters().len(), 1);
}

#[tokio::test]
async fn a_replay_delivers_everything_again() {
    let world = World::start().await;
    world.put_all(&["a", "b", "c"]).await;
    let mapping = world.map(settings(), |_, _| Ok(done()));
    assert!(mapping.settled().await);
    assert!(mapping.settled().await);
    assert_eq!(world.sorts(), ["abc"]);
    assert!(mapping.replay().await);
    world.put_all(&["d"]).await;
    assert!(mapping.settled().await);
    assert_eq!(world.sorts(), ["abc", "abc", "d"]);
    let delivered = world.delivered();
    assert_eq!(delivered[0], delivered[1]);
}

#[tokio::test]
async fn only_what_the_filter_names_is_delivered() {
    let world = World::start().await;
    world.put_all(&["a", "ab", "b", "bc", "c"]).await;
    let filter = vec![SortKey::Equal("a".to_owned()), SortKey::Prefix("b".to_owned())];
    let mapping = world.map(Settings { filter, ..settings() }, |_, _| Ok(done()));
    assert!(mapping.settled().await);
    let delivered: Vec<_> = world.delivered().concat().into_iter().map(|record| record.1).collect();
    assert_eq!(delivered, ["a", "b", "bc"]);
}

#[tokio::test]
async fn a_mapping_that_is_dropped_delivers_nothing_more() {
    let world = World::start().await;
    let mapping = world.map(settings(), |_, _| Ok(done()));
    let clone = mapping.clone();
    drop(mapping);
    world.put_all(&["a"]).await;
    assert!(clone.settled().await);
    drop(clone);
    world.put_all(&["b"]).await;
    let next = world.map(settings(), |_, _| Ok(done()));
    assert!(next.settled().await);
    assert_eq!(world.sorts(), ["a", "ab"]);
}

#[tokio::test]
async fn a_table_without_a_stream_delivers_nothing() {
    use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
    let world = World::without_table().await;
    let attribute = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    let create = world.client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    create.send().await.unwrap();
    let mapping = world.map(settings(), |_, _| Ok(done()));
    assert!(!mapping.settled().await);
    assert!(!mapping.replay().await);
}
