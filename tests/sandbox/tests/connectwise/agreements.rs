//! `/finance/agreements`

use serde_json::{Value, json};

use super::{Desk, error, id, query, with, without};

const LIST: &str = "/finance/agreements";

fn backup() -> Value {
    json!({ "name": "Backup", "type": { "id": 1 }, "company": { "id": 19 }, "contact": { "id": 99 } })
}

#[tokio::test]
async fn the_status_follows_from_dates_and_flags() {
    let desk = Desk::start().await;
    let (_, rows) = desk.get(&format!("{LIST}?fields=id,agreementStatus,company/identifier")).await;
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
    assert_eq!(desk.ids(LIST, &[("conditions", filter)]).await, [101]);
    desk.patch(&format!("{LIST}/101"), json!({ "endDate": desk.month(1), "noEndingDateFlag": false })).await;
    desk.clock.advance(jiff::SignedDuration::from_hours(24 * 40));
    assert_eq!(desk.get(&format!("{LIST}/101")).await.1["agreementStatus"], "Expired");
}

#[tokio::test]
async fn made_with_the_dates_of_today_unless_sent() {
    let desk = Desk::start().await;
    let row = desk.created(LIST, with(backup(), "startDate", json!(desk.month(-3)))).await;
    let today = format!("{}T00:00:00Z", desk.clock.now().strftime("%Y-%m-%d"));
    assert_eq!((&row["startDate"], &row["billStartDate"]), (&json!(desk.month(-3)), &json!(today)));
    assert_eq!((&row["prorateFlag"], &row["noEndingDateFlag"]), (&json!(false), &json!(true)));
    let prorated = desk.created(LIST, with(backup(), "type", json!({ "name": "block time - recurring" }))).await;
    assert_eq!((&prorated["prorateFlag"], &prorated["type"]["id"]), (&json!(true), &json!(2)));

    let path = format!("{LIST}/{}", id(&row));
    let (_, row) = desk.patch(&path, json!({ "cancelledFlag": true, "reasonCancelled": "Moved" })).await;
    assert_eq!((&row["agreementStatus"], &row["dateCancelled"]), (&json!("Cancelled"), &json!(today)));
    assert_eq!(desk.delete(&path).await.0, 204);
}

#[tokio::test]
async fn what_is_refused() {
    let desk = Desk::start().await;
    for (body, expected) in [
        (without(backup(), "contact"), ("MissingRequiredField", "contact is required.", "contact")),
        (
            with(backup(), "contact", json!({ "id": 100 })),
            ("NotFound", "Contact 100 not found for Company 19", "contact/id"),
        ),
        (
            with(backup(), "company", json!({ "identifier": "Nobody" })),
            ("NotFound", "Company \"Nobody\" not found", "company/identifier"),
        ),
        (
            with(backup(), "name", json!("x".repeat(101))),
            ("MaxLengthField", "The name field has a maximum length of 100.", "name"),
        ),
    ] {
        let (status, answer) = desk.post(LIST, body).await;
        assert_eq!((status, error(&answer)), (400, expected));
    }
    let (_, refused) = desk.put(&format!("{LIST}/101"), backup()).await;
    let missing: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(missing, ["billTime", "billExpenses", "billProducts", "invoicingCycle", "employeeCompRate"]);
}

#[tokio::test]
async fn types_and_attached_configurations() {
    let desk = Desk::start().await;
    assert_eq!(desk.ids(&format!("{LIST}/types"), &[("conditions", "name like \"Managed*\"")]).await, [1]);
    let attached = format!("{LIST}/101/configurations");
    assert_eq!(desk.post(&attached, json!({ "id": 301 })).await.0, 201);
    assert_eq!(desk.post(&attached, json!({ "id": 302 })).await.0, 400);
    assert_eq!(desk.get(&attached).await.1[0]["deviceIdentifier"], "rmm-1");
    assert_eq!(desk.get(&query(LIST, &[("conditions", "name=\"Managed Services\"")])).await.1[0]["id"], 101);
    assert_eq!(desk.delete(&format!("{attached}/301")).await.0, 204);
}
