//! `/finance/agreements/{id}/additions`

use serde_json::{Value, json};

use super::{DEMO, Fixture, error, id, with, without};

const OPEN: &str = "/finance/agreements/101/additions";
const INVOICED: &str = "/finance/agreements/104/additions";

fn seats(quantity: u32, effective: &str) -> Value {
    json!({
        "product": { "id": 203 }, "quantity": quantity, "billCustomer": "Billable", "effectiveDate": effective
    })
}

#[tokio::test]
async fn created_read_changed_and_cancelled() {
    let fixture = Fixture::start().await;
    let next = fixture.month(1);
    let row = fixture.created(OPEN, seats(5, &next)).await;
    let expected = json!({
        "id": 501, "agreementId": 101, "agreementStatus": "Active", "quantity": 5, "unitPrice": 100, "unitCost": 50,
        "extPrice": 500.0, "extCost": 250.0, "margin": 250.0, "billCustomer": "Billable", "effectiveDate": next,
        "description": "Support", "invoiceDescription": "Support, rented", "taxableFlag": true, "uom": "Each",
        "lessIncluded": 0, "billedQuantity": 0,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&row[name], value, "{name}");
    }
    assert_eq!((&row["product"]["id"], &row["product"]["identifier"]), (&json!(203), &json!("SUPPORT")));
    assert_eq!(row.get("cancelledDate"), None);
    let path = format!("{OPEN}/501");
    assert_eq!(fixture.get(&path).await, (200, row.clone()));
    assert_eq!(fixture.get(OPEN).await, (200, json!([row])));

    let (status, row) = fixture.patch(&path, json!({ "quantity": 7, "unitPrice": 2.5, "lessIncluded": 1 })).await;
    assert_eq!((status, &row["extPrice"]), (200, &json!(17.5)));
    let (status, row) = fixture.patch(&path, json!({ "cancelledDate": next })).await;
    assert_eq!((status, &row["cancelledDate"]), (200, &json!(next)));
    let (status, row) = fixture.patch(&path, json!({ "cancelledDate": null })).await;
    assert_eq!((status, row.get("cancelledDate")), (200, None));
    assert_eq!(fixture.delete(&path).await, (204, Value::Null));
    assert_eq!(fixture.get(&path).await.0, 404);
    assert_eq!(id(&fixture.created(OPEN, seats(1, &next)).await), 502);
}

#[tokio::test]
async fn missing_fields_and_wrong_types_are_rejected() {
    let fixture = Fixture::start().await;
    let good = seats(1, &fixture.month(1));
    for (body, expected) in [
        (without(good.clone(), "product"), ("MissingRequiredField", "product is required.", "product")),
        (without(good.clone(), "billCustomer"), ("MissingRequiredField", "billCustomer is required.", "billCustomer")),
        (
            with(good.clone(), "billCustomer", json!("Perhaps")),
            ("InvalidField", "billCustomer must be one of Billable DoNotBill NoCharge.", "billCustomer"),
        ),
        (with(good.clone(), "quantity", json!("5")), ("InvalidField", "quantity must be a number.", "quantity")),
        (with(good.clone(), "product", json!({ "id": 9 })), ("NotFound", "Product 9 not found", "product/id")),
        (with(good.clone(), "product", json!(203)), ("InvalidField", "product must be an object.", "product")),
        (
            with(good.clone(), "product", json!({ "id": 202 })),
            ("InvalidField", "A bundle cannot be added to an agreement.", "product/id"),
        ),
        (
            with(good.clone(), "effectiveDate", json!("2099-01-01T00:00:00.000Z")),
            ("InvalidField", "Unsupported format applied to effectiveDate", "effectiveDate"),
        ),
        (
            with(good.clone(), "invoiceDescription", json!("x".repeat(6001))),
            ("MaxLengthField", "The invoiceDescription field has a maximum length of 6000.", "invoiceDescription"),
        ),
        (with(good.clone(), "seats", json!(5)), ("InvalidField", "seats is not a field of addition.", "seats")),
        (
            with(good.clone(), "opportunity", json!({ "id": 1 })),
            ("NotFound", "opportunity {\"id\":1} not found", "opportunity/id"),
        ),
    ] {
        let (status, answer) = fixture.post(OPEN, body).await;
        assert_eq!((status, &answer["message"]), (400, &json!("addition object is invalid")), "{answer}");
        assert_eq!(error(&answer), expected);
        assert_eq!(answer["errors"][0]["resource"], "addition");
    }
    assert_eq!(fixture.get(OPEN).await.1, json!([]));
    let many = fixture.post(OPEN, json!({ "quantity": true })).await.1;
    assert_eq!(many["errors"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_invoiced_period_takes_no_new_addition_unless_prorated() {
    let fixture = Fixture::start().await;
    let (this, next) = (fixture.month(0), fixture.month(1));
    let (status, body) = fixture.post(INVOICED, seats(1, &this)).await;
    let (code, message, field) = error(&body);
    assert_eq!((status, code, field), (400, "OutOfRange", "effectiveDate"));
    assert!(message.starts_with("Since this period has already been invoiced"), "{message}");
    assert_eq!(fixture.post(INVOICED, without(seats(1, &this), "effectiveDate")).await.0, 400);
    assert_eq!(fixture.get("/finance/agreements/104").await.1["nextInvoiceDate"], next);
    let row = fixture.created(INVOICED, seats(1, &next)).await;
    assert_eq!(fixture.post("/finance/agreements/105/additions", seats(1, &this)).await.0, 201);

    let path = format!("{INVOICED}/{}", id(&row));
    assert_eq!(fixture.patch(&path, json!({ "effectiveDate": this })).await.0, 400);
    // An addition that is billed already may change its quantity immediately.
    assert_eq!(fixture.patch(&format!("{INVOICED}/401"), json!({ "quantity": 9 })).await.0, 200);
}

#[tokio::test]
async fn invoicing_moves_the_date_and_bills() {
    let fixture = Fixture::start().await;
    let this = fixture.month(0);
    let row = fixture.created(OPEN, seats(5, &this)).await;
    let (status, agreement) = fixture.control("/_sandbox/agreements/101/invoice", json!({})).await;
    assert_eq!((status, &agreement["nextInvoiceDate"]), (200, &json!(fixture.month(1))));
    assert_eq!(fixture.post(OPEN, seats(1, &this)).await.0, 400);
    let path = format!("{OPEN}/{}", id(&row));
    assert_eq!(fixture.get(&path).await.1["billedQuantity"], 5);
    let (status, body) = fixture.delete(&path).await;
    assert_eq!((status, &body["message"]), (409, &json!("Addition 501 has been invoiced")));
}

#[tokio::test]
async fn dates_are_within_the_agreement_and_in_order() {
    let fixture = Fixture::start().await;
    let (status, body) = fixture.post("/finance/agreements/106/additions", seats(1, &fixture.month(1))).await;
    assert_eq!(status, 400);
    assert_eq!(error(&body).1, "effectiveDate cannot be less than the agreement billing start date");
    assert_eq!(fixture.post("/finance/agreements/106/additions", seats(1, &fixture.month(2))).await.0, 201);
    let backwards = with(seats(1, &fixture.month(1)), "cancelledDate", json!(fixture.month(0)));
    assert_eq!(error(&fixture.post(OPEN, backwards).await.1).2, "cancelledDate");
}

#[tokio::test]
async fn ended_agreements_take_no_additions() {
    let fixture = Fixture::start().await;
    for (agreement, message) in [(102, "The agreement is Expired."), (103, "The agreement is Cancelled.")] {
        let (status, body) =
            fixture.post(&format!("/finance/agreements/{agreement}/additions"), seats(1, &fixture.month(1))).await;
        assert_eq!((status, error(&body).1), (400, message));
    }
    let (status, body) = fixture.post("/finance/agreements/999/additions", seats(1, &fixture.month(1))).await;
    assert_eq!((status, &body["message"]), (404, &json!("Agreement 999 not found")));

    fixture.patch("/finance/agreements/104", json!({ "cancelledFlag": true })).await;
    let (status, body) = fixture.patch(&format!("{INVOICED}/401"), json!({ "quantity": 1 })).await;
    assert_eq!((status, error(&body).0), (400, "InvalidAgreement"));
    assert_eq!(fixture.get(&format!("{INVOICED}/401")).await.1["agreementStatus"], "Cancelled");
}

#[tokio::test]
async fn a_new_product_applies_its_own_price() {
    let fixture = Fixture::start().await;
    let priced = with(seats(5, &fixture.month(1)), "unitPrice", json!(7));
    let row = fixture.created(OPEN, priced).await;
    assert_eq!((&row["unitPrice"], &row["unitCost"]), (&json!(7), &json!(50)));
    let path = format!("{OPEN}/{}", id(&row));
    let (_, row) = fixture.patch(&path, json!({ "product": { "id": 201 } })).await;
    assert_eq!((&row["unitPrice"], &row["quantity"]), (&json!(950), &json!(1)));
    let (_, row) = fixture.patch(&path, json!({ "product": { "id": 203 }, "unitPrice": 7, "quantity": 5 })).await;
    assert_eq!((&row["unitPrice"], &row["quantity"]), (&json!(7), &json!(5)));
}

#[tokio::test]
async fn an_addition_belongs_to_its_agreement() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.get("/finance/agreements/101/additions/401").await.0, 404);
    assert_eq!(fixture.get(&format!("{INVOICED}/401")).await.0, 200);
    let (status, body) = fixture.delete("/finance/agreements/104").await;
    assert_eq!((status, &body["message"]), (409, &json!("Agreement 104 is in use by Addition 401")));
    assert_eq!(fixture.get(&format!("{INVOICED}/count")).await.1, json!({ "count": 1 }));
    assert_eq!(fixture.ids(INVOICED, &[("conditions", "product/id=201 and cancelledDate=null")]).await, [401]);
    assert_eq!(fixture.ids(INVOICED, &[("conditions", "product/identifier=\"SUPPORT\"")]).await, [0_u64; 0]);
    assert_eq!(fixture.sandbox.calls().len(), 6);
    assert_eq!(fixture.send(DEMO, reqwest::Method::PUT, INVOICED, Some("{}".into())).await.status, 405);
}

#[tokio::test]
async fn a_replacement_resets_omitted_fields() {
    let fixture = Fixture::start().await;
    let row = fixture.created(OPEN, with(seats(5, &fixture.month(1)), "serialNumber", json!("S1"))).await;
    let path = format!("{OPEN}/{}", id(&row));
    let (status, row) = fixture.put(&path, seats(6, &fixture.month(1))).await;
    assert_eq!((status, &row["quantity"], row.get("serialNumber")), (200, &json!(6), None));
    assert_eq!(row["agreementId"], 101);
    let again = with(without(row.clone(), "effectiveDate"), "effectiveDate", json!(fixture.month(2)));
    assert_eq!(fixture.put(&path, again).await.1["effectiveDate"], fixture.month(2));
}

#[tokio::test]
async fn amounts_can_be_rounded() {
    let fixture = Fixture::start().await;
    let mut priced = seats(1, &fixture.month(1));
    priced["unitPrice"] = json!(3.125);
    priced["unitCost"] = json!(1.0049);
    let exact = fixture.created(OPEN, priced.clone()).await;
    assert_eq!((&exact["unitPrice"], &exact["unitCost"]), (&json!(3.125), &json!(1.0049)));
    fixture.control("/_sandbox/settings", json!({ "priceDecimals": 2 })).await;
    let rounded = fixture.created(OPEN, priced).await;
    assert_eq!((&rounded["unitPrice"], &rounded["unitCost"]), (&json!(3.13), &json!(1.0)));
}
