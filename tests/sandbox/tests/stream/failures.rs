//! Failures: retries, split batches, and dead letters.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use jiff::SignedDuration;
use sandbox::stream::{Mapping, Settings};
use serde_json::{Value, json};

use super::{Fixture, TABLE, done, failed, settings, sorts};

#[tokio::test]
async fn a_failed_record_is_redelivered_without_its_predecessors() {
    let fixture = Fixture::start().await;
    fixture.put_all(&["a", "b", "c", "d"]).await;
    let mapping = fixture.map(settings(), |delivery, before| {
        let failing: &[&str] = if before == 0 { &["d", "b"] } else { &[] };
        Ok(failed(delivery, failing))
    });
    assert!(mapping.drained().await);
    assert_eq!(fixture.sorts(), ["abcd", "bcd"]);
    assert_eq!(fixture.dead_letters(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_failure_of_an_unknown_record_fails_the_batch() {
    let fixture = Fixture::start().await;
    fixture.put_all(&["a", "b"]).await;
    let mapping = fixture.map(settings(), |_, before| {
        let named = [json!(""), json!(null), json!("1")].get(before).cloned();
        Ok(named.map_or(Value::Null, |named| json!({ "batchItemFailures": [{ "itemIdentifier": named }] })))
    });
    assert!(mapping.drained().await);
    assert_eq!(fixture.sorts(), ["ab", "ab", "ab", "ab"]);
}

#[tokio::test]
async fn an_error_splits_the_batch_until_the_record_is_alone() {
    let fixture = Fixture::start().await;
    fixture.put_all(&["a", "b", "c", "d"]).await;
    let settings = Settings { bisect: true, maximum_retry_attempts: 1, ..settings() };
    let mapping =
        fixture.map(
            settings,
            |delivery, _| {
                if sorts(delivery).contains('c') { Err("it cannot".to_owned()) } else { Ok(done()) }
            },
        );
    assert!(mapping.drained().await);
    assert_eq!(fixture.sorts(), ["abcd", "ab", "cd", "c", "c", "d"]);
    let [letter] = &fixture.dead_letters()[..] else { panic!("{:?}", fixture.dead_letters()) };
    assert_eq!(letter["DDBStreamBatchInfo"]["startSequenceNumber"], json!(fixture.sequence_number("c")));
    assert_eq!(letter["responseContext"]["functionError"], "Unhandled");
}

#[tokio::test]
async fn a_record_that_fails_too_often_is_a_dead_letter_and_the_rest_is_delivered() {
    let fixture = Fixture::start().await;
    fixture.put_all(&["a", "b", "c", "d"]).await;
    let settings = Settings { batch_size: 3, maximum_retry_attempts: 1, ..settings() };
    let mapping = fixture.map(settings, |delivery, _| Ok(failed(delivery, &["b"])));
    assert!(mapping.drained().await);
    assert_eq!(fixture.sorts(), ["abc", "bc", "d"]);
    let mut letters = fixture.dead_letters();
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
                "startSequenceNumber": fixture.sequence_number("b"),
                "endSequenceNumber": fixture.sequence_number("c"),
                "approximateArrivalOfFirstRecord": null,
                "approximateArrivalOfLastRecord": null,
                "batchSize": 2,
                "streamArn": null
            }
        })]
    );
}

#[tokio::test]
async fn a_record_beyond_the_maximum_age_is_a_dead_letter() {
    let fixture = Fixture::start().await;
    fixture.put_all(&["a"]).await;
    let settings = Settings { maximum_retry_attempts: 10_000, ..settings() };
    let mapping = fixture.map(settings, |delivery, _| Ok(failed(delivery, &["a"])));
    fixture.until(|fixture| !fixture.delivered().is_empty()).await;
    fixture.clock.advance(SignedDuration::from_hours(2));
    assert!(mapping.drained().await);
    let [letter] = &fixture.dead_letters()[..] else { panic!("{:?}", fixture.dead_letters()) };
    assert_eq!(letter["requestContext"]["condition"], "EventAgeExceeded");
    // A record written after the clock was advanced is not too old.
    fixture.put_all(&["b"]).await;
    assert!(mapping.drained().await);
    assert_eq!(fixture.sorts().last().unwrap(), "b");
    assert_eq!(fixture.dead_letters().len(), 1);
}

#[tokio::test]
async fn a_failing_key_does_not_delay_others() {
    let fixture = Fixture::start().await;
    fixture.put("bad", "x").await;
    let settings = Settings { maximum_retry_attempts: 10_000, ..settings() };
    let _mapping = fixture.map(settings, |delivery, _| Ok(failed(delivery, &["x"])));
    fixture.until(|fixture| !fixture.delivered().is_empty()).await;
    for key in 0..50 {
        fixture.put(&format!("good{key}"), "y").await;
    }
    // A tenth of the keys share the lane.
    let through = |fixture: &Fixture| sorts(&fixture.delivered().concat()).matches('y').count();
    fixture.until(|fixture| through(fixture) >= 25).await;
}

#[tokio::test]
async fn a_panic_is_a_failure() {
    let fixture = Fixture::start().await;
    fixture.put_all(&["a"]).await;
    let calls = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&calls);
    let handler = Arc::new(move |_: Value| {
        *counted.lock().unwrap() += 1;
        async { panic!("on purpose") }.boxed()
    });
    let settings = Settings { maximum_retry_attempts: 1, ..settings() };
    let mapping =
        Mapping::start(settings, &fixture.sdk, TABLE, fixture.queues.clone(), fixture.clock.clone(), handler, None);
    assert!(mapping.drained().await);
    assert_eq!(*calls.lock().unwrap(), 2);
    assert_eq!(fixture.dead_letters().len(), 1);
}
