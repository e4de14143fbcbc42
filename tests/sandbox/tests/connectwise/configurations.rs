//! `/company/configurations`

use serde_json::{Value, json};

use super::{Desk, error, id, with, without};

const LIST: &str = "/company/configurations";

fn action(kind: u64) -> Value {
    json!({
        "name": "euwest.backup.10", "type": { "id": kind }, "company": { "id": 19 }, "deviceIdentifier": "euwest.backup.10",
        "backupFailed": 1, "lastBackupDate": "2026-09-01T10:00:00Z"
    })
}

#[tokio::test]
async fn made_under_an_own_type_found_and_retired() {
    let desk = Desk::start().await;
    let types = format!("{LIST}/types");
    let named = [("conditions", "name=\"Dropsuite_Mailbox_actions\"")];
    assert_eq!(desk.ids(&types, &named).await, [0_u64; 0]);
    let kind = id(&desk.created(&types, json!({ "name": "Dropsuite_Mailbox_actions" })).await);
    assert_eq!(desk.ids(&types, &named).await, [kind]);
    let row = desk.created(LIST, action(kind)).await;
    assert_eq!((id(&row), &row["status"]["name"], &row["activeFlag"]), (321, &json!("Active"), &json!(true)));
    let key = format!("company/id=19 and type/id={kind} and deviceIdentifier=\"euwest.backup.10\"");
    assert_eq!(desk.ids(LIST, &[("conditions", &key)]).await, [321]);
    let path = format!("{LIST}/321");
    let (status, row) = desk.patch(&path, json!({ "status": { "id": 2 }, "activeFlag": false })).await;
    assert_eq!((status, &row["status"]["name"]), (200, &json!("Inactive")));
    assert_eq!(desk.put(&path, action(kind)).await.1["activeFlag"], true);
    assert_eq!(desk.delete(&format!("{types}/{kind}")).await.0, 409);
    assert_eq!(desk.delete(&path).await.0, 204);
    assert_eq!(desk.delete(&format!("{types}/{kind}")).await.0, 204);
}

#[tokio::test]
async fn nothing_makes_the_device_identifier_unique() {
    let desk = Desk::start().await;
    desk.created(LIST, action(2)).await;
    desk.created(LIST, action(2)).await;
    assert_eq!(desk.ids(LIST, &[("conditions", "deviceIdentifier=\"euwest.backup.10\"")]).await, [321, 322]);
}

#[tokio::test]
async fn what_is_refused() {
    let desk = Desk::start().await;
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
        let (status, answer) = desk.post(LIST, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
    let answered = with(action(1), "questions", json!([{ "questionId": 81, "answer": "Windows" }]));
    let row = desk.created(LIST, answered).await;
    let (status, body) = desk.patch(&format!("{LIST}/{}", id(&row)), json!({ "type": { "id": 2 } })).await;
    assert_eq!((status, error(&body).2), (400, "type"));
}

#[tokio::test]
async fn statuses_are_named_by_their_description() {
    let desk = Desk::start().await;
    let statuses = format!("{LIST}/statuses");
    assert_eq!(desk.ids(&statuses, &[("conditions", "description=\"Inactive\" and closedFlag=true")]).await, [2]);
    assert_eq!(desk.created(&statuses, json!({ "description": "Gone" })).await["description"], "Gone");
    assert_eq!(desk.post(&statuses, json!({ "name": "Gone" })).await.0, 400);
    let (_, row) = desk.patch(&format!("{LIST}/301"), json!({ "status": { "name": "gone" } })).await;
    assert_eq!(row["status"]["name"], "Gone");
}
