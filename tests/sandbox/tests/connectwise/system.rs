//! `/system/menuentries` and `/system/callbacks`

use serde_json::{Value, json};

use super::{CLIENT_ID, Fixture, error, id, with, without};

const LIST: &str = "/system/menuentries";

fn entry() -> Value {
    json!({
        "menuLocation": { "name": "Service Desk" }, "caption": "Dropsuite Email Backup",
        "link": "https://euw.example.com/portal", "newWindowFlag": true, "addAllLocations": true
    })
}

#[tokio::test]
async fn an_entry_is_created_found_and_changed() {
    let fixture = Fixture::start().await;
    let row = fixture.created(LIST, entry()).await;
    assert_eq!((&row["menuLocation"]["id"], &row["locationIds"]), (&json!(16), &json!([1])));
    assert_eq!((&row["clientId"], row.get("addAllLocations")), (&json!(CLIENT_ID), None));
    let (_, others) = fixture.get(&format!("{LIST}?fields=menuLocation/id,menuLocation/name")).await;
    assert_eq!(others[0], json!({ "menuLocation": { "id": 16, "name": "Service Desk" } }));
    let found = "caption=\"Dropsuite Email Backup\" and link=\"https://euw.example.com/portal\"";
    assert_eq!(fixture.ids("/system/menuEntries", &[("conditions", found)]).await, [id(&row)]);
    let path = format!("{LIST}/{}", id(&row));
    let (status, row) = fixture.patch(&path, json!({ "link": "https://euc.example.com/portal" })).await;
    assert_eq!((status, &row["link"]), (200, &json!("https://euc.example.com/portal")));
    assert_eq!(fixture.put(&path, entry()).await.0, 200);
    assert_eq!(fixture.delete(&path).await.0, 204);
    // A duplicate entry is allowed.
    fixture.created(LIST, entry()).await;
    fixture.created(LIST, entry()).await;
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let fixture = Fixture::start().await;
    for (body, expected) in [
        (without(entry(), "newWindowFlag"), ("MissingRequiredField", "newWindowFlag is required.", "newWindowFlag")),
        (
            with(entry(), "menuLocation", json!({ "name": "Helpdesk" })),
            ("NotFound", "Menu Location \"Helpdesk\" not found", "menuLocation/name"),
        ),
        (
            with(entry(), "menuLocation", json!({})),
            ("NotFound", "Menu Location without id not found", "menuLocation/id"),
        ),
        (
            with(entry(), "caption", json!("x".repeat(51))),
            ("MaxLengthField", "The caption field has a maximum length of 50.", "caption"),
        ),
        (
            with(entry(), "newWindowFlag", json!("true")),
            ("InvalidField", "newWindowFlag must be true or false.", "newWindowFlag"),
        ),
    ] {
        let (status, answer) = fixture.post(LIST, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
}

#[tokio::test]
async fn callbacks_are_unique() {
    let fixture = Fixture::start().await;
    let callback = json!({ "url": "https://x.example?recordId=", "objectId": 1, "type": "ticket", "level": "owner" });
    let row = fixture.created("/system/callbacks", callback.clone()).await;
    assert_eq!((&row["memberId"], &row["inactiveFlag"]), (&json!(2), &json!(false)));
    let (status, body) = fixture.post("/system/callbacks", callback).await;
    let expected = ("ObjectExists", "A matching callback entry already exists", "objectId");
    assert_eq!((status, error(&body)), (400, expected));
    assert_eq!(fixture.ids("/system/callbacks", &[("conditions", "url contains \"x.example\"")]).await, [id(&row)]);
}
