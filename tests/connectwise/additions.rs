//! Additions of an agreement.

use rust_decimal::Decimal;
use serde_json::json;
use service_manager::connectwise::api::addition::{self, Addition, Billing, Changes, NewAddition};
use service_manager::connectwise::api::{agreement, catalog, company};
use service_manager::connectwise::date::effective_date;
use service_manager::connectwise::{
    AdditionId, AgreementId, CatalogItemId, CompanyId, ConnectWiseError, FieldError, RejectionReason,
};

use super::catalog::plan;
use super::{Fixture, amount, refusal};

const BACKUP: AgreementId = AgreementId::new(104);
const SUPPORT: CatalogItemId = CatalogItemId::new(203);

async fn seats(fixture: &Fixture, quantity: u32) -> NewAddition {
    let product = fixture.client().find_or_create(&catalog::find_or_create(&plan())).await.unwrap().id;
    NewAddition {
        product,
        quantity: quantity.into(),
        bill_customer: Billing::Billable,
        effective_date: fixture.month(1),
        unit_price: None,
        unit_cost: Some(amount("0.45")),
        invoice_description: None,
    }
}

async fn added(fixture: &Fixture) -> Addition {
    let new = seats(fixture, 3).await;
    fixture.client().send(&addition::create(BACKUP, &new)).await.unwrap()
}

#[tokio::test]
async fn an_addition_is_created_and_listed() {
    let fixture = Fixture::start().await;
    let made = added(&fixture).await;
    assert_eq!(
        (made.quantity, made.unit_price, made.unit_cost),
        (Some(amount("3")), Some(amount("1.5")), Some(amount("0.45")))
    );
    assert_eq!((made.effective_date, made.cancelled_date), (Some(fixture.month(1)), None));
    assert_eq!(made.bill_customer, Some(Billing::Billable));
    assert_eq!(fixture.client().send(&addition::get(BACKUP, made.id)).await.unwrap(), made);
    let all = fixture.client().list_all(&addition::list(BACKUP)).await.unwrap();
    assert_eq!(all.iter().map(|row| row.id.get()).collect::<Vec<_>>(), [401, made.id.get()]);
    let body = fixture.proxy.body("POST /finance/agreements/*/additions");
    assert_eq!(body.as_object().unwrap().keys().count(), 5, "{body}");
}

#[tokio::test]
async fn changes_affect_no_other_field() {
    let fixture = Fixture::start().await;
    let made = added(&fixture).await;
    let more = Changes { quantity: Some(Decimal::new(55, 1)), ..Changes::default() };
    let changed = fixture.client().send(&addition::patch(BACKUP, made.id, &more)).await.unwrap();
    assert_eq!(changed, Addition { quantity: Some(amount("5.5")), ..made.clone() });
    let ended = Changes {
        cancelled_date: Some(fixture.month(2)),
        effective_date: Some(fixture.month(2)),
        bill_customer: Some(Billing::NoCharge),
        ..Changes::default()
    };
    let changed = fixture.client().send(&addition::patch(BACKUP, made.id, &ended)).await.unwrap();
    assert_eq!((changed.effective_date, changed.cancelled_date), (Some(fixture.month(2)), Some(fixture.month(2))));
    assert_eq!(changed.bill_customer, Some(Billing::NoCharge));
    fixture.settings(json!({ "emptyDates": true }));
    assert_eq!(fixture.client().send(&addition::get(BACKUP, AdditionId::new(401))).await.unwrap().cancelled_date, None);
}

#[tokio::test]
async fn a_product_change_sends_all_other_fields() {
    let fixture = Fixture::start().await;
    let made = added(&fixture).await;
    let keeping = Changes { product: Some(SUPPORT), ..made.current_values() };
    let changed = fixture.client().send(&addition::patch(BACKUP, made.id, &keeping)).await.unwrap();
    assert_eq!(changed.product.as_ref().map(|product| product.id), Some(SUPPORT));
    assert_eq!(Addition { product: made.product.clone(), ..changed }, made);
    // Otherwise the product's own price and quantity apply.
    let alone = Changes { product: Some(CatalogItemId::new(201)), ..Changes::default() };
    let changed = fixture.client().send(&addition::patch(BACKUP, made.id, &alone)).await.unwrap();
    assert_eq!((changed.quantity, changed.unit_price), (Some(amount("1")), Some(amount("950"))));
}

#[tokio::test]
async fn the_effective_date_is_allowed_by_the_agreement() {
    let fixture = Fixture::start().await;
    let new = seats(&fixture, 3).await;
    for (id, requested) in [(104, 0), (104, -1), (105, 0), (106, 0)] {
        let id = AgreementId::new(id);
        let terms = fixture.client().send(&agreement::get(id)).await.unwrap().terms();
        let at = |effective_date| addition::create(id, &NewAddition { effective_date, ..new.clone() });
        let allowed = effective_date(fixture.month(requested), &terms);
        if allowed != fixture.month(requested) {
            let error = fixture.client().send(&at(fixture.month(requested))).await.unwrap_err();
            assert_eq!(refusal(&error), (400, vec!["OutOfRange effectiveDate".to_owned()]));
        }
        assert_eq!(fixture.client().send(&at(allowed)).await.unwrap().effective_date, Some(allowed));
    }
}

#[tokio::test]
async fn a_create_without_response_is_not_sent_again() {
    let fixture = Fixture::start().await;
    let new = seats(&fixture, 3).await;
    fixture.faults(json!([{ "method": "POST", "path": "*/additions", "drop": "after" }]));
    let error = fixture.client().send(&addition::create(BACKUP, &new)).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::OutcomeUnknown { .. }), "{error}");
    assert!(error.user_message().contains("may or may not"));
    assert_eq!((fixture.calls("POST", "/finance/agreements/104/additions"), fixture.count("addition")), (1, 2));
}

#[tokio::test]
async fn an_invalid_record_is_distinguished_from_invalid_input() {
    let fixture = Fixture::start().await;
    let made = added(&fixture).await;
    let errors = json!([
        { "code": "OutOfRange", "message": "Too early.", "resource": "addition", "field": "effectiveDate" },
        { "code": "OutOfRange", "message": "Too many.", "resource": "addition", "field": "quantity" },
        { "code": "InvalidObject", "message": "A custom field is missing.", "resource": "addition", "field": "" }
    ]);
    let body = json!({ "code": "InvalidObject", "message": "addition object is invalid", "errors": errors });
    fixture.faults(json!([{ "method": "PATCH", "path": "*/additions/*", "status": 400, "body": body }]));
    let changes = Changes { quantity: Some(Decimal::ONE), ..Changes::default() };
    let error = fixture.client().send(&addition::patch(BACKUP, made.id, &changes)).await.unwrap_err();
    let ConnectWiseError::Rejected(refused) = &error else { panic!("{error}") };
    let sent_by_us: Vec<_> = refused.field_errors.iter().map(|FieldError { sent_by_us, .. }| *sent_by_us).collect();
    assert_eq!((sent_by_us, refused.has_reason(&RejectionReason::OutOfRange)), (vec![false, true, false], true));
    assert!(
        error.user_message().starts_with("The record in ConnectWise is invalid: effectiveDate"),
        "{}",
        error.user_message()
    );
}

#[tokio::test]
async fn a_missing_permission_names_the_module() {
    let fixture = Fixture::of_member(super::LIMITED).await;
    let error = fixture.client().list_all(&addition::list(BACKUP)).await.unwrap_err();
    assert!(error.user_message().contains("Finance > Agreements"), "{}", error.user_message());
    assert!(fixture.client().send(&company::get(CompanyId::new(20))).await.is_ok());
}
