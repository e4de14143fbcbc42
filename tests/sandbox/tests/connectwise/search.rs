//! Conditions, and searches that lag behind writes.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use super::{DEMO, Desk, id, query};

const TICKETS: &str = "/service/tickets";
const KEY: (&str, &str) = ("conditions", "externalXRef=\"key-1\"");

fn keyed() -> Value {
    json!({ "summary": "Backup failed", "company": { "id": 19 }, "externalXRef": "key-1" })
}

#[tokio::test]
async fn a_write_is_found_by_id_at_once_but_searched_for_in_vain_for_some_seconds() {
    let desk = Desk::start().await;
    desk.control("/_sandbox/settings", json!({ "searchLagSeconds": 30 })).await;
    let row = desk.created(TICKETS, keyed()).await;
    let path = format!("{TICKETS}/{}", id(&row));
    assert_eq!(desk.get(&path).await.0, 200);
    assert_eq!(desk.ids(TICKETS, &[]).await, [1001, 1021]);
    assert_eq!(desk.ids(TICKETS, &[KEY]).await, [0_u64; 0]);
    assert_eq!(desk.get(&query(&format!("{TICKETS}/count"), &[KEY])).await.1, json!({ "count": 0 }));
    desk.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(desk.ids(TICKETS, &[KEY]).await, [1021]);

    desk.patch(&path, json!({ "externalXRef": "key-2" })).await;
    desk.patch(&path, json!({ "severity": "Low" })).await;
    let (_, rows) = desk.get(&query(TICKETS, &[KEY])).await;
    assert_eq!((&rows[0]["externalXRef"], &rows[0]["severity"]), (&json!("key-1"), &json!("Medium")));
    desk.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(desk.ids(TICKETS, &[KEY]).await, [0_u64; 0]);
}

#[tokio::test]
async fn or_for_some_searches() {
    let desk = Desk::start().await;
    desk.control("/_sandbox/settings", json!({ "searchLagReads": 2 })).await;
    desk.created(TICKETS, keyed()).await;
    desk.ids(TICKETS, &[]).await;
    assert_eq!(desk.ids(TICKETS, &[KEY]).await, [0_u64; 0]);
    assert_eq!(desk.ids(TICKETS, &[KEY]).await, [0_u64; 0]);
    assert_eq!(desk.ids(TICKETS, &[KEY]).await, [1021]);
}

#[tokio::test]
async fn a_search_takes_its_conditions_from_the_body() {
    let desk = Desk::start().await;
    let search = format!("{TICKETS}/search");
    let body = json!({ "conditions": "id in (1001, 1002)", "orderBy": "id desc" });
    let answer = desk.send(DEMO, Method::POST, &search, Some(body.to_string())).await;
    assert_eq!((answer.status, &answer.body[0]["summary"]), (200, &json!("Printer on fire")));
    assert_eq!(desk.post(&search, json!({ "condition": "id=1" })).await.0, 400);
    assert_eq!(desk.post(&search, json!({ "conditions": "nonsense=1" })).await.1["code"], "ApiFindCondition");
}

#[tokio::test]
async fn refusals_name_what_is_not_recognized() {
    let desk = Desk::start().await;
    for (parameters, name) in [
        (("conditions", "device=\"x\""), "device"),
        (("conditions", "_info/lastUpdated>[2026-01-01T00:00:00Z]"), "_info/lastUpdated"),
        (("conditions", "severity=\"Huge\""), "Huge"),
        (("childConditions", "customFields/nonsense=1"), "customFields/nonsense"),
    ] {
        let (status, body) = desk.get(&query(TICKETS, &[parameters])).await;
        let message = format!("{name} is not a recognized name.");
        assert_eq!(
            (status, body),
            (400, json!({ "code": "ApiFindCondition", "message": message, "errors": null })),
            "{parameters:?}"
        );
    }
    desk.control("/_sandbox/settings", json!({ "unfilterable": ["externalXRef"] })).await;
    assert_eq!(desk.get(&query(TICKETS, &[KEY])).await.1["message"], "externalXRef is not a recognized name.");
}

#[tokio::test]
async fn custom_fields_have_conditions_of_their_own() {
    let desk = Desk::start().await;
    let fields = json!([{ "id": 1, "caption": "Backup Key", "type": "Text", "value": "b-1" }]);
    let row = desk.created(TICKETS, json!({ "summary": "x", "company": { "id": 19 }, "customFields": fields })).await;
    let by = async |value: &str| {
        let condition = format!("caption=\"Backup Key\" and value=\"{value}\"");
        desk.ids(TICKETS, &[("customFieldConditions", &condition)]).await
    };
    assert_eq!((by("b-1").await, by("b-2").await), (vec![id(&row)], vec![]));
}

#[tokio::test]
async fn dates_that_are_not_set_may_come_as_empty_texts() {
    let desk = Desk::start().await;
    let path = "/finance/agreements/104/additions";
    assert_eq!(desk.get(path).await.1[0].get("cancelledDate"), None);
    desk.control("/_sandbox/settings", json!({ "emptyDates": true })).await;
    assert_eq!(desk.get(path).await.1[0]["cancelledDate"], "");
    assert_eq!(desk.ids(path, &[("conditions", "cancelledDate=null")]).await, [401]);
}
