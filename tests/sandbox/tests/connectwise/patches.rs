//! Patch operations.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ADMIN, DEMO, Fixture, error};

const TICKET: &str = "/service/tickets/1001";

async fn patch(fixture: &Fixture, body: Value) -> (u16, Value) {
    let answer = fixture.send(DEMO, Method::PATCH, TICKET, Some(body.to_string())).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn operations_on_top_level_fields() {
    let fixture = Fixture::start().await;
    let (status, row) = patch(
        &fixture,
        json!([
            { "op": "replace", "path": "summary", "value": "Printer\r\nstill\ton fire" },
            { "op": "add", "path": "/externalXRef", "value": "key-1" },
            { "op": "replace", "path": "company", "value": { "identifier": "BlueLight" } }
        ]),
    )
    .await;
    assert_eq!((status, &row["summary"]), (200, &json!("Printer still    on fire")));
    assert_eq!((&row["externalXRef"], &row["company"]["id"]), (&json!("key-1"), &json!(20)));
    let (_, row) = patch(&fixture, json!([{ "op": "remove", "path": "externalXRef" }])).await;
    assert_eq!(row.get("externalXRef"), None);
}

#[tokio::test]
async fn a_path_into_a_reference_is_ignored() {
    let fixture = Fixture::start().await;
    let (status, row) = patch(&fixture, json!([{ "op": "replace", "path": "company/id", "value": 20 }])).await;
    assert_eq!((status, &row["company"]["id"]), (200, &json!(19)));
}

#[tokio::test]
async fn invalid_paths_are_rejected() {
    let fixture = Fixture::start().await;
    for path in ["Summary", "nonsense", "id", "closedFlag", "initialDescription", "nonsense/id", ""] {
        let (status, body) = patch(&fixture, json!([{ "op": "replace", "path": path, "value": "x" }])).await;
        assert_eq!((status, &body["message"]), (400, &json!(format!("the path {path} is not valid"))));
    }
}

#[tokio::test]
async fn invalid_patches_are_rejected() {
    let fixture = Fixture::start().await;
    for body in [
        json!({ "op": "replace", "path": "summary", "value": "x" }),
        json!({ "summary": "x" }),
        json!([{ "op": "set", "path": "summary", "value": "x" }]),
        json!([{ "op": "replace", "value": "x" }]),
    ] {
        let (status, answer) = patch(&fixture, body).await;
        assert_eq!((status, &answer["code"]), (400, &json!("InvalidObject")));
    }
    let (status, body) = patch(&fixture, json!([{ "op": "remove", "path": "summary" }])).await;
    assert_eq!((status, error(&body)), (400, ("MissingRequiredField", "summary is required.", "summary")));
    assert_eq!(fixture.get(TICKET).await.1["summary"], "Printer on fire");
}

#[tokio::test]
async fn the_last_change_has_author_and_time() {
    let fixture = Fixture::start().await;
    let before = fixture.get(TICKET).await.1["_info"].clone();
    fixture.clock.advance(jiff::SignedDuration::from_hours(1));
    let (_, row) = fixture.patch(TICKET, json!({ "severity": "Low" })).await;
    assert_eq!((&row["_info"]["updatedBy"], &row["_info"]["enteredBy"]), (&json!("Dropsuite"), &json!("zadmin")));
    assert_eq!(row["_info"]["dateEntered"], before["dateEntered"]);
    let since = format!("lastUpdated>[{}]", before["lastUpdated"].as_str().unwrap());
    assert_eq!(fixture.ids("/service/tickets", &[("conditions", &since)]).await, [1001]);
    let (_, row) = fixture.patch_as(ADMIN, TICKET, json!({ "severity": "High" })).await;
    assert_eq!(row["_info"]["updatedBy"], "zadmin");
}
