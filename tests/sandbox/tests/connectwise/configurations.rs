//! `/company/configurations`

use serde_json::{Value, json};

use super::{Fixture, error, id, with, without};

const LIST: &str = "/company/configurations";

fn action(kind: u64) -> Value {
    json!({
        "name": "euwest.backup.10", "type": { "id": kind }, "company": { "id": 19 }, "deviceIdentifier": "euwest.backup.10",
        "backupFailed": 1, "lastBackupDate": "2026-09-01T10:00:00Z"
    })
}

#[tokio::test]
async fn created_with_a_custom_type_found_and_retired() {
    let fixture = Fixture::start().await;
    let types = format!("{LIST}/types");
    let named = [("conditions", "name=\"Dropsuite_Mailbox_actions\"")];
    assert_eq!(fixture.ids(&types, &named).await, [0_u64; 0]);
    let kind = id(&fixture.created(&types, json!({ "name": "Dropsuite_Mailbox_actions" })).await);
    assert_eq!(fixture.ids(&types, &named).await, [kind]);
    let row = fixture.created(LIST, action(kind)).await;
    assert_eq!((id(&row), &row["status"]["name"], &row["activeFlag"]), (321, &json!("Active"), &json!(true)));
    let key = format!("company/id=19 and type/id={kind} and deviceIdentifier=\"euwest.backup.10\"");
    assert_eq!(fixture.ids(LIST, &[("conditions", &key)]).await, [321]);
    let path = format!("{LIST}/321");
    let (status, row) = fixture.patch(&path, json!({ "status": { "id": 2 }, "activeFlag": false })).await;
    assert_eq!((status, &row["status"]["name"]), (200, &json!("Inactive")));
    assert_eq!(fixture.put(&path, action(kind)).await.1["activeFlag"], true);
    assert_eq!(fixture.delete(&format!("{types}/{kind}")).await.0, 409);
    assert_eq!(fixture.delete(&path).await.0, 204);
    assert_eq!(fixture.delete(&format!("{types}/{kind}")).await.0, 204);
}

#[tokio::test]
async fn the_device_identifier_is_not_unique() {
    let fixture = Fixture::start().await;
    fixture.created(LIST, action(2)).await;
    fixture.created(LIST, action(2)).await;
    assert_eq!(fixture.ids(LIST, &[("conditions", "deviceIdentifier=\"euwest.backup.10\"")]).await, [321, 322]);
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let fixture = Fixture::start().await;
    for (body, expected) in [
        (without(action(2), "type"), ("MissingRequiredField", "type is required.", "type")),
        (action(9), ("NotFound", "Configuration Type 9 not found", "type/id")),
        (action(1), ("MissingRequiredField", "Operating System is required.", "questions")),
        (
            with(action(2), "contact", json!({ "id": 100 })),
            ("NotFound", "Contact 100 not found for Company 19", "contact/id"),
        ),
        (
            with(action(2), "backupFailed", json!(1.5)),
            ("InvalidField", "backupFailed must be an integer.", "backupFailed"),
        ),
    ] {
        let (status, answer) = fixture.post(LIST, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
    let answered = with(action(1), "questions", json!([{ "questionId": 81, "answer": "Windows" }]));
    let row = fixture.created(LIST, answered).await;
    let (status, body) = fixture.patch(&format!("{LIST}/{}", id(&row)), json!({ "type": { "id": 2 } })).await;
    assert_eq!((status, error(&body).2), (400, "type"));
}

#[tokio::test]
async fn statuses_are_identified_by_their_description() {
    let fixture = Fixture::start().await;
    let statuses = format!("{LIST}/statuses");
    assert_eq!(fixture.ids(&statuses, &[("conditions", "description=\"Inactive\" and closedFlag=true")]).await, [2]);
    assert_eq!(fixture.created(&statuses, json!({ "description": "Gone" })).await["description"], "Gone");
    assert_eq!(fixture.post(&statuses, json!({ "name": "Gone" })).await.0, 400);
    let (_, row) = fixture.patch(&format!("{LIST}/301"), json!({ "status": { "name": "gone" } })).await;
    assert_eq!(row["status"]["name"], "Gone");
}
