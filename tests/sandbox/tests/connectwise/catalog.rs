//! `/procurement`

use serde_json::{Value, json};

use super::{Fixture, error, id, with, without};

const CATALOG: &str = "/procurement/catalog";

fn backup() -> Value {
    json!({
        "identifier": "euwest.16921-6-3378-14", "description": "Business Backup", "subcategory": { "id": 11 },
        "type": { "id": 1 }, "customerDescription": "Business Backup, per seat", "productClass": "Service",
        "price": 2.5, "cost": 1.25, "unitOfMeasure": { "name": "Each" }
    })
}

#[tokio::test]
async fn created_found_changed_and_deleted() {
    let fixture = Fixture::start().await;
    let row = fixture.created(CATALOG, backup()).await;
    assert_eq!((id(&row), &row["category"]["name"]), (221, &json!("Software")));
    assert_eq!((&row["price"], &row["unitOfMeasure"]["id"]), (&json!(2.5), &json!(1)));
    let found = [("conditions", "identifier=\"EUWEST.16921-6-3378-14\""), ("fields", "id")];
    assert_eq!(fixture.ids(CATALOG, &found).await, [221]);
    let path = format!("{CATALOG}/221");
    let (status, row) = fixture.patch(&path, json!({ "price": 3, "inactiveFlag": true })).await;
    assert_eq!((status, &row["price"], &row["cost"]), (200, &json!(3), &json!(1.25)));
    let (_, row) = fixture.patch(&path, json!({ "subcategory": { "id": 21 } })).await;
    assert_eq!(row["category"]["name"], "Hardware");
    assert_eq!(fixture.delete(&path).await.0, 204);
    assert_eq!(fixture.get(&path).await.0, 404);
    assert_eq!(fixture.delete(&format!("{CATALOG}/201")).await.0, 409);
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let fixture = Fixture::start().await;
    fixture.created(CATALOG, backup()).await;
    let other = with(backup(), "identifier", json!("other"));
    for (body, expected) in [
        (
            with(backup(), "identifier", json!("EUWEST.16921-6-3378-14")),
            ("ObjectExists", "Product ID already in use.", "identifier"),
        ),
        (
            without(other.clone(), "customerDescription"),
            ("MissingRequiredField", "customerDescription is required.", "customerDescription"),
        ),
        (
            with(other.clone(), "description", json!("x".repeat(61))),
            ("MaxLengthField", "The description field has a maximum length of 60.", "description"),
        ),
        (
            with(other.clone(), "identifier", json!("x".repeat(76))),
            ("MaxLengthField", "The identifier field has a maximum length of 75.", "identifier"),
        ),
        (
            with(other.clone(), "category", json!({ "id": 2 })),
            ("NotFound", "Product SubCategory 11 not found for Product Category 2", "subcategory/id"),
        ),
        (with(other.clone(), "type", json!({ "id": 9 })), ("NotFound", "Product Type 9 not found", "type/id")),
        (
            with(other.clone(), "description", json!(" ")),
            ("MissingRequiredField", "description is required.", "description"),
        ),
    ] {
        let (status, answer) = fixture.post(CATALOG, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
    assert_eq!(fixture.patch(&format!("{CATALOG}/203"), json!({ "identifier": "laptop-15" })).await.0, 400);
    assert_eq!(fixture.patch(&format!("{CATALOG}/203"), json!({ "identifier": "SUPPORT" })).await.0, 200);
    assert_eq!(fixture.get(&format!("{CATALOG}/count")).await.1, json!({ "count": 4 }));
}

#[tokio::test]
async fn tables_can_be_read_and_extended() {
    let fixture = Fixture::start().await;
    let category = fixture.created("/procurement/categories", json!({ "name": "Backup" })).await;
    let subcategory = json!({ "name": "Mailboxes", "category": { "id": id(&category) } });
    let row = fixture.created("/procurement/subcategories/", subcategory).await;
    assert_eq!(row["category"]["name"], "Backup");
    let below = format!("/procurement/categories/{}/subcategories/", id(&category));
    let row = fixture.created(&below, json!({ "name": "Drives" })).await;
    assert_eq!(row.get("category"), None);
    let (_, row) = fixture.get(&format!("/procurement/subcategories/{}", id(&row))).await;
    assert_eq!(row["category"]["id"], category["id"]);
    assert_eq!(fixture.get(&below).await.1.as_array().unwrap().len(), 2);
    assert_eq!(fixture.get("/procurement/subcategories").await.1.as_array().unwrap().len(), 5);
    assert_eq!(fixture.delete(&format!("/procurement/categories/{}", id(&category))).await.0, 409);
    assert_eq!(fixture.ids("/procurement/categories", &[("conditions", "inactiveFlag=true")]).await, [3]);
    assert_eq!(fixture.created("/procurement/types", json!({ "name": "Cloud" })).await["inactiveFlag"], false);
    assert_eq!(fixture.created("/procurement/unitOfMeasures", json!({ "name": "Seat" })).await["name"], "Seat");
    let (status, body) = fixture.post("/procurement/types", json!({ "name": "x".repeat(51) })).await;
    assert_eq!((status, error(&body).0), (400, "MaxLengthField"));
    assert_eq!(fixture.post("/procurement/types", json!({ "name": "X", "typeXref": "Thing" })).await.0, 400);
}
