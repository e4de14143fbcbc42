//! `/company/companies` and `/company/contacts`

use serde_json::json;

use super::{ADMIN, Fixture, error, id};

const LIST: &str = "/company/companies";

#[tokio::test]
async fn companies_are_found_by_conditions() {
    let fixture = Fixture::start().await;
    let active = [("conditions", "deletedFlag=false and status/name=\"Active\""), ("orderBy", "name desc")];
    assert_eq!(fixture.ids(LIST, &active).await, [22, 2, 20, 19]);
    assert_eq!(fixture.ids(LIST, &[("childConditions", "types/name=\"customer\"")]).await, [19, 20, 21, 22]);
    let (_, row) = fixture.get(&format!("{LIST}/21")).await;
    assert_eq!((&row["name"], &row["status"]["name"]), (&json!("Dormant Ltd"), &json!("Inactive")));
    assert_eq!(row["status"]["_info"].as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn identifiers_are_unique() {
    let fixture = Fixture::start().await;
    let company = json!({ "identifier": "acmecorp", "name": "Acme again" });
    let (status, body) = fixture.post(LIST, company).await;
    assert_eq!((status, error(&body)), (400, ("ObjectExists", "Company ID already in use.", "identifier")));
    let row = fixture.created(LIST, json!({ "identifier": "New", "name": "New" })).await;
    assert_eq!((id(&row), &row["status"]["name"]), (31, &json!("Active")));
    assert_eq!(fixture.delete(&format!("{LIST}/31")).await.0, 204);
    assert_eq!(fixture.delete(&format!("{LIST}/19")).await.0, 409);
}

#[tokio::test]
async fn a_patch_fails_because_of_other_invalid_fields() {
    let fixture = Fixture::start().await;
    let (status, body) =
        fixture.patch_as(ADMIN, &format!("{LIST}/22"), json!({ "website": "https://old.example" })).await;
    assert_eq!((status, error(&body).0, error(&body).2), (400, "OutOfRange", "yearEstablished"));
    let corrected = json!({ "website": "https://old.example", "yearEstablished": 1987 });
    assert_eq!(fixture.patch_as(ADMIN, &format!("{LIST}/22"), corrected).await.0, 200);
}

#[tokio::test]
async fn contacts_are_found_by_company_and_address() {
    let fixture = Fixture::start().await;
    let contacts = "/company/contacts";
    let of_company = [("conditions", "company/id=20 and inactiveFlag=false and defaultFlag=true")];
    assert_eq!(fixture.ids(contacts, &of_company).await, [100]);
    let by_address = "communicationItems/value=\"ann@acme.example\" and communicationItems/communicationType=\"Email\"";
    assert_eq!(fixture.ids(contacts, &[("childConditions", by_address)]).await, [99]);
    assert_eq!(fixture.get(&format!("{LIST}/19?fields=defaultContact")).await.1["defaultContact"]["name"], "Ann Acme");
    let contact = json!({ "firstName": "Bob" });
    assert_eq!(fixture.post(contacts, contact.clone()).await.0, 403);
    assert_eq!(fixture.send(ADMIN, reqwest::Method::POST, contacts, Some(contact.to_string())).await.status, 201);
}
