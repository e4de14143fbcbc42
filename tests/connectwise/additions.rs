//! Additions of an agreement.

use rust_decimal::Decimal;
use serde_json::json;
use service_manager::connectwise::api::addition::{self, Addition, Billing, Changes, NewAddition};
use service_manager::connectwise::api::{agreement, catalog, company};
use service_manager::connectwise::date::effective;
use service_manager::connectwise::{
    AdditionId, AgreementId, CatalogItemId, CompanyId, ConnectWiseError, Fault, Reason,
};

use super::catalog::plan;
use super::{Desk, amount, refusal};

const BACKUP: AgreementId = AgreementId::new(104);
const SUPPORT: CatalogItemId = CatalogItemId::new(203);

async fn seats(desk: &Desk, quantity: u32) -> NewAddition {
    let product = desk.client().find_or_create(&catalog::wanted(&plan())).await.unwrap().id;
    NewAddition {
        product,
        quantity: quantity.into(),
        bill_customer: Billing::Billable,
        effective_date: desk.month(1),
        unit_price: None,
        unit_cost: Some(amount("0.45")),
        invoice_description: None,
    }
}

async fn added(desk: &Desk) -> Addition {
    let new = seats(desk, 3).await;
    desk.client().one(&addition::create(BACKUP, &new)).await.unwrap()
}

#[tokio::test]
async fn an_addition_is_made_and_listed() {
    let desk = Desk::start().await;
    let made = added(&desk).await;
    assert_eq!(
        (made.quantity, made.unit_price, made.unit_cost),
        (Some(amount("3")), Some(amount("1.5")), Some(amount("0.45")))
    );
    assert_eq!((made.effective_date, made.cancelled_date), (Some(desk.month(1)), None));
    assert_eq!(made.bill_customer, Some(Billing::Billable));
    assert_eq!(desk.client().one(&addition::get(BACKUP, made.id)).await.unwrap(), made);
    let all = desk.client().all(&addition::of_agreement(BACKUP)).await.unwrap();
    assert_eq!(all.iter().map(|row| row.id.get()).collect::<Vec<_>>(), [401, made.id.get()]);
    let body = desk.witness.body("POST /finance/agreements/*/additions");
    assert_eq!(body.as_object().unwrap().keys().count(), 5, "{body}");
}

#[tokio::test]
async fn changes_touch_nothing_else() {
    let desk = Desk::start().await;
    let made = added(&desk).await;
    let more = Changes { quantity: Some(Decimal::new(55, 1)), ..Changes::default() };
    let changed = desk.client().one(&addition::patch(BACKUP, made.id, &more)).await.unwrap();
    assert_eq!(changed, Addition { quantity: Some(amount("5.5")), ..made.clone() });
    let ended = Changes {
        cancelled_date: Some(desk.month(2)),
        effective_date: Some(desk.month(2)),
        bill_customer: Some(Billing::NoCharge),
        ..Changes::default()
    };
    let changed = desk.client().one(&addition::patch(BACKUP, made.id, &ended)).await.unwrap();
    assert_eq!((changed.effective_date, changed.cancelled_date), (Some(desk.month(2)), Some(desk.month(2))));
    assert_eq!(changed.bill_customer, Some(Billing::NoCharge));
    desk.settings(json!({ "emptyDates": true }));
    assert_eq!(desk.client().one(&addition::get(BACKUP, AdditionId::new(401))).await.unwrap().cancelled_date, None);
}

#[tokio::test]
async fn with_another_product_the_rest_is_said_again() {
    let desk = Desk::start().await;
    let made = added(&desk).await;
    let keeping = Changes { product: Some(SUPPORT), ..made.kept() };
    let changed = desk.client().one(&addition::patch(BACKUP, made.id, &keeping)).await.unwrap();
    assert_eq!(changed.product.as_ref().map(|product| product.id), Some(SUPPORT));
    assert_eq!(Addition { product: made.product.clone(), ..changed }, made);
    // Without it, the product's own price and number come along.
    let alone = Changes { product: Some(CatalogItemId::new(201)), ..Changes::default() };
    let changed = desk.client().one(&addition::patch(BACKUP, made.id, &alone)).await.unwrap();
    assert_eq!((changed.quantity, changed.unit_price), (Some(amount("1")), Some(amount("950"))));
}

#[tokio::test]
async fn the_first_day_is_one_that_the_agreement_takes() {
    let desk = Desk::start().await;
    let new = seats(&desk, 3).await;
    for (id, wished) in [(104, 0), (104, -1), (105, 0), (106, 0)] {
        let id = AgreementId::new(id);
        let terms = desk.client().one(&agreement::get(id)).await.unwrap().terms();
        let at = |effective_date| addition::create(id, &NewAddition { effective_date, ..new.clone() });
        let allowed = effective(desk.month(wished), &terms);
        if allowed != desk.month(wished) {
            let error = desk.client().one(&at(desk.month(wished))).await.unwrap_err();
            assert_eq!(refusal(&error), (400, vec!["OutOfRange effectiveDate".to_owned()]));
        }
        assert_eq!(desk.client().one(&at(allowed)).await.unwrap().effective_date, Some(allowed));
    }
}

#[tokio::test]
async fn a_create_that_was_not_answered_is_not_sent_again() {
    let desk = Desk::start().await;
    let new = seats(&desk, 3).await;
    desk.faults(json!([{ "method": "POST", "path": "*/additions", "drop": "after" }]));
    let error = desk.client().one(&addition::create(BACKUP, &new)).await.unwrap_err();
    assert!(matches!(error, ConnectWiseError::Unknown { .. }), "{error}");
    assert!(error.explain().contains("may or may not"));
    assert_eq!((desk.calls("POST", "/finance/agreements/104/additions"), desk.count("addition")), (1, 2));
}

#[tokio::test]
async fn a_record_that_is_invalid_by_itself_is_told_from_our_input() {
    let desk = Desk::start().await;
    let made = added(&desk).await;
    let errors = json!([
        { "code": "OutOfRange", "message": "Too early.", "resource": "addition", "field": "effectiveDate" },
        { "code": "OutOfRange", "message": "Too many.", "resource": "addition", "field": "quantity" }
    ]);
    let body = json!({ "code": "InvalidObject", "message": "addition object is invalid", "errors": errors });
    desk.faults(json!([{ "method": "PATCH", "path": "*/additions/*", "status": 400, "body": body }]));
    let changes = Changes { quantity: Some(Decimal::ONE), ..Changes::default() };
    let error = desk.client().one(&addition::patch(BACKUP, made.id, &changes)).await.unwrap_err();
    let ConnectWiseError::Refused(refused) = &error else { panic!("{error}") };
    let ours: Vec<_> = refused.faults.iter().map(|Fault { ours, .. }| *ours).collect();
    assert_eq!((ours, refused.is_for(&Reason::OutOfRange)), (vec![false, true], true));
    assert!(error.explain().starts_with("The record in ConnectWise is invalid: effectiveDate"), "{}", error.explain());
}

#[tokio::test]
async fn a_right_that_is_lacking_is_the_modules() {
    let desk = Desk::of_member(super::LIMITED).await;
    let error = desk.client().all(&addition::of_agreement(BACKUP)).await.unwrap_err();
    assert!(error.explain().contains("Finance > Agreements"), "{}", error.explain());
    assert!(desk.client().one(&company::get(CompanyId::new(20))).await.is_ok());
}
