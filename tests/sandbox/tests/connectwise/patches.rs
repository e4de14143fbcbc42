//! Patch operations.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN, DEMO, Desk, error};

const TICKET: &str = "/service/tickets/1001";

async fn patch(desk: &Desk, body: Value) -> (u16, Value) {
    let answer = desk.send(DEMO, Method::PATCH, TICKET, Some(body.to_string())).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn operations_on_top_level_fields() {
    let desk = Desk::start().await;
    let (status, row) = patch(
        &desk,
        json!([
            { "op": "replace", "path": "summary", "value": "Printer\r\nstill\ton fire" },
            { "op": "add", "path": "/externalXRef", "value": "key-1" },
            { "op": "replace", "path": "company", "value": { "identifier": "BlueLight" } }
        ]),
    )
    .await;
    assert_eq!((status, &row["summary"]), (200, &json!("Printer still    on fire")));
    assert_eq!((&row["externalXRef"], &row["company"]["id"]), (&json!("key-1"), &json!(20)));
    let (_, row) = patch(&desk, json!([{ "op": "remove", "path": "externalXRef" }])).await;
    assert_eq!(row.get("externalXRef"), None);
}

#[tokio::test]
async fn a_path_into_a_reference_changes_nothing() {
    let desk = Desk::start().await;
    let (status, row) = patch(&desk, json!([{ "op": "replace", "path": "company/id", "value": 20 }])).await;
    assert_eq!((status, &row["company"]["id"]), (200, &json!(19)));
}

#[tokio::test]
async fn paths_that_are_not_valid() {
    let desk = Desk::start().await;
    for path in ["Summary", "nonsense", "id", "closedFlag", "initialDescription", "nonsense/id", ""] {
        let (status, body) = patch(&desk, json!([{ "op": "replace", "path": path, "value": "x" }])).await;
        assert_eq!((status, &body["message"]), (400, &json!(format!("the path {path} is not valid"))));
    }
}

#[tokio::test]
async fn what_is_no_patch() {
    let desk = Desk::start().await;
    for body in [
        json!({ "op": "replace", "path": "summary", "value": "x" }),
        json!({ "summary": "x" }),
        json!([{ "op": "set", "path": "summary", "value": "x" }]),
        json!([{ "op": "replace", "value": "x" }]),
    ] {
        let (status, answer) = patch(&desk, body).await;
        assert_eq!((status, &answer["code"]), (400, &json!("InvalidObject")));
    }
    let (status, body) = patch(&desk, json!([{ "op": "remove", "path": "summary" }])).await;
    assert_eq!((status, error(&body)), (400, ("MissingRequiredField", "summary is required.", "summary")));
    assert_eq!(desk.get(TICKET).await.1["summary"], "Printer on fire");
}

#[tokio::test]
async fn stamps_tell_who_and_when() {
    let desk = Desk::start().await;
    let before = desk.get(TICKET).await.1["_info"].clone();
    desk.clock.advance(jiff::SignedDuration::from_hours(1));
    let (_, row) = desk.patch(TICKET, json!({ "severity": "Low" })).await;
    assert_eq!((&row["_info"]["updatedBy"], &row["_info"]["enteredBy"]), (&json!("Dropsuite"), &json!("zadmin")));
    assert_eq!(row["_info"]["dateEntered"], before["dateEntered"]);
    let since = format!("lastUpdated>[{}]", before["lastUpdated"].as_str().unwrap());
    assert_eq!(desk.ids("/service/tickets", &[("conditions", &since)]).await, [1001]);
    let (_, row) = desk.patch_as(ADMIN, TICKET, json!({ "severity": "High" })).await;
    assert_eq!(row["_info"]["updatedBy"], "zadmin");
}
