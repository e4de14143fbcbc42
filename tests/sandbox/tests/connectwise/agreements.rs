//! `/finance/agreements`

use serde_json::{Value, json};

use super::{Fixture, error, id, query, with, without};

const LIST: &str = "/finance/agreements";

fn backup() -> Value {
    json!({ "name": "Backup", "type": { "id": 1 }, "company": { "id": 19 }, "contact": { "id": 99 } })
}

#[tokio::test]
async fn the_status_depends_on_dates_and_flags() {
    let fixture = Fixture::start().await;
    let (_, rows) = fixture.get(&format!("{LIST}?fields=id,agreementStatus,company/identifier")).await;
    let row = |id: u32, status: &str, company: &str| json!({ "id": id, "agreementStatus": status, "company": { "identifier": company } });
    let expected = json!([
        row(101, "Active", "AcmeCorp"),
        row(102, "Expired", "AcmeCorp"),
        row(103, "Cancelled", "AcmeCorp"),
        row(104, "Active", "BlueLight"),
        row(105, "Active", "BlueLight"),
        row(106, "Active", "BlueLight")
    ]);
    assert_eq!(rows, expected);
    let filter = "company/id=19 and cancelledFlag=false and agreementStatus=\"Active\"";
    assert_eq!(fixture.ids(LIST, &[("conditions", filter)]).await, [101]);
    fixture.patch(&format!("{LIST}/101"), json!({ "endDate": fixture.month(1), "noEndingDateFlag": false })).await;
    fixture.clock.advance(jiff::SignedDuration::from_hours(24 * 40));
    assert_eq!(fixture.get(&format!("{LIST}/101")).await.1["agreementStatus"], "Expired");
}

#[tokio::test]
async fn dates_default_to_today() {
    let fixture = Fixture::start().await;
    let row = fixture.created(LIST, with(backup(), "startDate", json!(fixture.month(-3)))).await;
    let today = format!("{}T00:00:00Z", fixture.clock.now().strftime("%Y-%m-%d"));
    assert_eq!((&row["startDate"], &row["billStartDate"]), (&json!(fixture.month(-3)), &json!(today)));
    assert_eq!((&row["prorateFlag"], &row["noEndingDateFlag"]), (&json!(false), &json!(true)));
    let prorated = fixture.created(LIST, with(backup(), "type", json!({ "name": "block time - recurring" }))).await;
    assert_eq!((&prorated["prorateFlag"], &prorated["type"]["id"]), (&json!(true), &json!(2)));

    let path = format!("{LIST}/{}", id(&row));
    let (_, row) = fixture.patch(&path, json!({ "cancelledFlag": true, "reasonCancelled": "Moved" })).await;
    assert_eq!((&row["agreementStatus"], &row["dateCancelled"]), (&json!("Cancelled"), &json!(today)));
    assert_eq!(fixture.delete(&path).await.0, 204);
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let fixture = Fixture::start().await;
    for (body, expected) in [
        (without(backup(), "contact"), ("MissingRequiredField", "contact is required.", "contact")),
        (
            with(backup(), "contact", json!({ "id": 100 })),
            ("NotFound", "Contact 100 not found for Company 19", "contact/id"),
        ),
        (
            with(backup(), "company", json!({ "identifier": "Unknown" })),
            ("NotFound", "Company \"Unknown\" not found", "company/identifier"),
        ),
        (
            with(backup(), "name", json!("x".repeat(101))),
            ("MaxLengthField", "The name field has a maximum length of 100.", "name"),
        ),
    ] {
        let (status, answer) = fixture.post(LIST, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
    let (_, refused) = fixture.put(&format!("{LIST}/101"), backup()).await;
    let missing: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(missing, ["billTime", "billExpenses", "billProducts", "invoicingCycle", "employeeCompRate"]);
}

#[tokio::test]
async fn types_and_attached_configurations() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.ids(&format!("{LIST}/types"), &[("conditions", "name like \"Managed*\"")]).await, [1]);
    let attached = format!("{LIST}/101/configurations");
    assert_eq!(fixture.post(&attached, json!({ "id": 301 })).await.0, 201);
    assert_eq!(fixture.post(&attached, json!({ "id": 302 })).await.0, 400);
    assert_eq!(fixture.get(&attached).await.1[0]["deviceIdentifier"], "rmm-1");
    assert_eq!(fixture.get(&query(LIST, &[("conditions", "name=\"Managed Services\"")])).await.1[0]["id"], 101);
    assert_eq!(fixture.delete(&format!("{attached}/301")).await.0, 204);
}
