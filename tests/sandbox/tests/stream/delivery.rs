//! Delivery of records without failures: format, order, filter, replay, end.

use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType};
use futures::FutureExt;
use sandbox::stream::{Mapping, Settings, SortKey};
use serde_json::{Value, json};

use super::{Fixture, TABLE, done, settings, sorts};

#[tokio::test]
async fn an_event_has_lambdas_format() {
    let fixture = Fixture::start().await;
    fixture.put("a", "1").await;
    let (event, seen) = (Arc::new(Mutex::new(Value::Null)), fixture.client.clone());
    let kept = Arc::clone(&event);
    let handler = Arc::new(move |event| {
        *kept.lock().unwrap() = event;
        std::future::ready(Ok(Value::Null)).boxed()
    });
    let mapping =
        Mapping::start(settings(), &fixture.sdk, TABLE, fixture.queues.clone(), fixture.clock.clone(), handler, None);
    assert!(mapping.drained().await);
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
async fn the_records_of_a_key_are_delivered_in_order() {
    let fixture = Fixture::start().await;
    let mapping = fixture.map(Settings { batch_size: 3, ..settings() }, |_, _| Ok(done()));
    for sort in 'a'..='j' {
        for partition in ["1", "2", "3", "4", "5"] {
            fixture.put(partition, &sort.to_string()).await;
        }
    }
    assert!(mapping.drained().await);
    assert!(fixture.delivered().iter().all(|delivery| delivery.len() <= 3));
    for partition in ["1", "2", "3", "4", "5"] {
        let records = fixture.delivered().into_iter().flatten().filter(|record| record.0 == partition).collect();
        assert_eq!(sorts(&records), "abcdefghij");
    }
}

#[tokio::test]
async fn a_replay_redelivers_all_records() {
    let fixture = Fixture::start().await;
    fixture.put_all(&["a", "b", "c"]).await;
    let mapping = fixture.map(settings(), |_, _| Ok(done()));
    assert!(mapping.drained().await);
    assert!(mapping.drained().await);
    assert_eq!(fixture.sorts(), ["abc"]);
    assert!(mapping.replay().await);
    fixture.put_all(&["d"]).await;
    assert!(mapping.drained().await);
    assert_eq!(fixture.sorts(), ["abc", "abc", "d"]);
    let delivered = fixture.delivered();
    assert_eq!(delivered[0], delivered[1]);
}

#[tokio::test]
async fn the_filter_selects_the_records_delivered() {
    let fixture = Fixture::start().await;
    fixture.put_all(&["a", "ab", "b", "bc", "c"]).await;
    let filter = vec![SortKey::Equal("a".to_owned()), SortKey::Prefix("b".to_owned())];
    let mapping = fixture.map(Settings { filter, ..settings() }, |_, _| Ok(done()));
    assert!(mapping.drained().await);
    let delivered: Vec<_> = fixture.delivered().concat().into_iter().map(|record| record.1).collect();
    assert_eq!(delivered, ["a", "b", "bc"]);
}

#[tokio::test]
async fn a_dropped_mapping_stops_delivering() {
    let fixture = Fixture::start().await;
    let mapping = fixture.map(settings(), |_, _| Ok(done()));
    let clone = mapping.clone();
    drop(mapping);
    fixture.put_all(&["a"]).await;
    assert!(clone.drained().await);
    drop(clone);
    fixture.put_all(&["b"]).await;
    let next = fixture.map(settings(), |_, _| Ok(done()));
    assert!(next.drained().await);
    assert_eq!(fixture.sorts(), ["a", "ab"]);
}

#[tokio::test]
async fn a_table_without_a_stream_delivers_nothing() {
    let fixture = Fixture::without_table().await;
    let attribute = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash);
    let create = fixture.client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    let create = create.attribute_definitions(attribute.build().unwrap()).key_schema(key.build().unwrap());
    create.send().await.unwrap();
    let mapping = fixture.map(settings(), |_, _| Ok(done()));
    assert!(!mapping.drained().await);
    assert!(!mapping.replay().await);
}
