//! Conditions, and searches that lag behind writes.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{DEMO, Fixture, id, query};

const TICKETS: &str = "/service/tickets";
const KEY: (&str, &str) = ("conditions", "externalXRef=\"key-1\"");

fn keyed() -> Value {
    json!({ "summary": "Backup failed", "company": { "id": 19 }, "externalXRef": "key-1" })
}

#[tokio::test]
async fn searches_lag_by_seconds() {
    let fixture = Fixture::start().await;
    fixture.control("/_sandbox/settings", json!({ "searchLagSeconds": 30 })).await;
    let row = fixture.created(TICKETS, keyed()).await;
    let path = format!("{TICKETS}/{}", id(&row));
    assert_eq!(fixture.get(&path).await.0, 200);
    assert_eq!(fixture.ids(TICKETS, &[]).await, [1001, 1021]);
    assert_eq!(fixture.ids(TICKETS, &[KEY]).await, [0_u64; 0]);
    assert_eq!(fixture.get(&query(&format!("{TICKETS}/count"), &[KEY])).await.1, json!({ "count": 0 }));
    fixture.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(fixture.ids(TICKETS, &[KEY]).await, [1021]);

    fixture.patch(&path, json!({ "externalXRef": "key-2" })).await;
    fixture.patch(&path, json!({ "severity": "Low" })).await;
    let (_, rows) = fixture.get(&query(TICKETS, &[KEY])).await;
    assert_eq!((&rows[0]["externalXRef"], &rows[0]["severity"]), (&json!("key-1"), &json!("Medium")));
    fixture.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(fixture.ids(TICKETS, &[KEY]).await, [0_u64; 0]);
}

#[tokio::test]
async fn searches_lag_by_a_number_of_searches() {
    let fixture = Fixture::start().await;
    fixture.control("/_sandbox/settings", json!({ "searchLagReads": 2 })).await;
    fixture.created(TICKETS, keyed()).await;
    fixture.ids(TICKETS, &[]).await;
    assert_eq!(fixture.ids(TICKETS, &[KEY]).await, [0_u64; 0]);
    assert_eq!(fixture.ids(TICKETS, &[KEY]).await, [0_u64; 0]);
    assert_eq!(fixture.ids(TICKETS, &[KEY]).await, [1021]);
}

#[tokio::test]
async fn a_search_takes_its_conditions_from_the_body() {
    let fixture = Fixture::start().await;
    let search = format!("{TICKETS}/search");
    let body = json!({ "conditions": "id in (1001, 1002)", "orderBy": "id desc" });
    let answer = fixture.send(DEMO, Method::POST, &search, Some(body.to_string())).await;
    assert_eq!((answer.status, &answer.body[0]["summary"]), (200, &json!("Printer on fire")));
    assert_eq!(fixture.post(&search, json!({ "condition": "id=1" })).await.0, 400);
    assert_eq!(fixture.post(&search, json!({ "conditions": "nonsense=1" })).await.1["code"], "ApiFindCondition");
}

#[tokio::test]
async fn rejections_name_the_invalid_part() {
    let fixture = Fixture::start().await;
    for (parameters, name) in [
        (("conditions", "device=\"x\""), "device"),
        (("conditions", "_info/lastUpdated>[2026-01-01T00:00:00Z]"), "_info/lastUpdated"),
        (("conditions", "severity=\"Huge\""), "Huge"),
        (("childConditions", "customFields/nonsense=1"), "customFields/nonsense"),
    ] {
        let (status, body) = fixture.get(&query(TICKETS, &[parameters])).await;
        let message = format!("{name} is not a recognized name.");
        assert_eq!(
            (status, body),
            (400, json!({ "code": "ApiFindCondition", "message": message, "errors": null })),
            "{parameters:?}"
        );
    }
    fixture.control("/_sandbox/settings", json!({ "unfilterable": ["externalXRef"] })).await;
    assert_eq!(fixture.get(&query(TICKETS, &[KEY])).await.1["message"], "externalXRef is not a recognized name.");
}

#[tokio::test]
async fn custom_fields_have_separate_conditions() {
    let fixture = Fixture::start().await;
    let fields = json!([{ "id": 1, "value": "b-1" }]);
    let row =
        fixture.created(TICKETS, json!({ "summary": "x", "company": { "id": 19 }, "customFields": fields })).await;
    let by = async |value: &str| {
        let condition = format!("caption=\"Cost Centre\" and value=\"{value}\"");
        fixture.ids(TICKETS, &[("customFieldConditions", &condition)]).await
    };
    assert_eq!((by("b-1").await, by("b-2").await), (vec![id(&row)], vec![]));
}

#[tokio::test]
async fn unset_dates_can_be_empty_strings() {
    let fixture = Fixture::start().await;
    let path = "/finance/agreements/104/additions";
    assert_eq!(fixture.get(path).await.1[0].get("cancelledDate"), None);
    fixture.control("/_sandbox/settings", json!({ "emptyDates": true })).await;
    assert_eq!(fixture.get(path).await.1[0]["cancelledDate"], "");
    assert_eq!(fixture.ids(path, &[("conditions", "cancelledDate=null")]).await, [401]);
}

#[tokio::test]
async fn several_conditions_can_find_nothing() {
    let fixture = Fixture::start().await;
    let count = async |conditions: &str| {
        let path = format!("/service/boards?conditions={}", conditions.replace(' ', "%20"));
        fixture.get(&path).await.1.as_array().unwrap().len()
    };
    let compound = "inactiveFlag=false and projectFlag=false";
    let (one, several) = (count("inactiveFlag=false").await, count(compound).await);
    assert!(several > 0 && one > several, "{one} {several}");
    fixture.control("/_sandbox/settings", json!({ "emptyCompoundSearches": true })).await;
    assert_eq!((count("inactiveFlag=false").await, count(compound).await), (one, 0));
    assert_eq!(count("inactiveFlag=false or projectFlag=false").await, 0);
}
