use jiff::civil::date;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::connectwise::AdditionId;

fn current(members: &serde_json::Value) -> addition::Addition {
    let mut row = json!({
        "id": 501, "product": {"id": 204}, "quantity": 3, "unitPrice": 1, "unitCost": 0.5,
        "billCustomer": "Billable", "taxableFlag": false, "invoiceDescription": "Backup",
        "effectiveDate": "2026-12-01T00:00:00Z",
    });
    row.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    serde_json::from_value(row).unwrap()
}

fn item(id: u32, price: u32, text: &str) -> catalog::CatalogItem {
    let row = json!({
        "id": id, "identifier": "x", "price": price, "cost": 0.5, "customerDescription": text,
        "taxableFlag": id == 205,
    });
    serde_json::from_value(row).unwrap()
}

fn tracked() -> TrackedAddition {
    TrackedAddition {
        agreement: AgreementId::new(104),
        addition: AdditionId::new(501),
        product: CatalogItemId::new(204),
        billing: Billing::Billable,
        unit_price: None,
        defaults: defaults_of(&item(204, 1, "Backup")),
        effective_date: None,
        delayed_since: None,
        charged_until: None,
        ended: false,
        last_billed_day: None,
    }
}

fn active(quantity: u32) -> ActiveAddition {
    ActiveAddition {
        company: CompanyId::new(20),
        agreement: AgreementId::new(104),
        plan: PlanId::parse("p").unwrap(),
        quantity,
        billing: Billing::Billable,
        unit_price: None,
    }
}

fn priced(unit_price: Decimal) -> ActiveAddition {
    ActiveAddition { unit_price: Some(unit_price), ..active(3) }
}

fn with_price(unit_price: &str) -> addition::Addition {
    current(&json!({ "unitPrice": unit_price.parse::<serde_json::Number>().unwrap() }))
}

#[test]
fn prices_are_left_to_the_msp() {
    let cheaper = with_price("0.8");
    let expected = Changes { quantity: Some(Decimal::from(5)), ..Changes::default() };
    assert_eq!(change(&active(5), &tracked(), &cheaper, None).changes, expected);
    assert_eq!(
        change(&active(3), &tracked(), &cheaper, None),
        Change { changes: Changes::default(), tracked: tracked() }
    );
}

#[test]
fn a_price_is_set_once_and_returns_to_the_catalogs() {
    let two = Some(Decimal::TWO);
    let set_price = change(&priced(Decimal::TWO), &tracked(), &with_price("0.8"), None);
    assert_eq!(set_price.changes, Changes { unit_price: two, ..Changes::default() });
    assert_eq!((set_price.tracked.unit_price, set_price.tracked.defaults.price), (two, two));
    // A later change by a person stays.
    assert_eq!(change(&priced(Decimal::TWO), &set_price.tracked, &with_price("1.5"), None).changes, Changes::default());
    let catalog = item(204, 4, "Backup");
    assert!(needs_product(&active(3), &set_price.tracked, catalog.id));
    let back = change(&active(3), &set_price.tracked, &with_price("2"), Some(&catalog));
    assert_eq!(back.changes, Changes { unit_price: Some(Decimal::from(4)), ..Changes::default() });
    assert_eq!((back.tracked.unit_price, back.tracked.defaults.price), (None, Some(Decimal::from(4))));
    assert_eq!(change(&active(3), &set_price.tracked, &with_price("1.5"), Some(&catalog)).changes, Changes::default());
}

#[test]
fn a_new_product_brings_its_price_unless_a_person_set_one() {
    let after = item(205, 3, "Archive");
    let changed = change(&active(3), &tracked(), &current(&json!({})), Some(&after));
    let expected = Changes {
        product: Some(after.id),
        quantity: Some(Decimal::from(3)),
        unit_price: Some(Decimal::from(3)),
        unit_cost: Some("0.5".parse().unwrap()),
        bill_customer: Some(Billing::Billable),
        taxable: Some(true),
        invoice_description: Some("Archive".to_owned()),
        ..Changes::default()
    };
    assert_eq!(changed.changes, expected);
    assert_eq!(changed.tracked, TrackedAddition { product: after.id, defaults: defaults_of(&after), ..tracked() });
    let by_hand = current(&json!({"unitPrice": 0.8, "invoiceDescription": "Special", "taxableFlag": true}));
    let untaxed = catalog::CatalogItem { taxable_flag: Some(false), ..after };
    let changed = change(&active(3), &tracked(), &by_hand, Some(&untaxed)).changes;
    assert_eq!(changed.unit_price, Some("0.8".parse().unwrap()));
    assert_eq!((changed.invoice_description.as_deref(), changed.taxable), (Some("Special"), Some(true)));
}

#[test]
fn the_price_at_creation_is_no_manual_edit() {
    // The catalog price of the old product may have changed since: the addition has the one that it was created with.
    let after = item(205, 3, "Archive");
    let tracked = TrackedAddition {
        defaults: ProductDefaults { price: Some("0.9".parse().unwrap()), ..tracked().defaults },
        ..tracked()
    };
    let changed = change(&active(3), &tracked, &with_price("0.9"), Some(&after)).changes;
    assert_eq!(changed.unit_price, Some(Decimal::from(3)));
}

#[test]
fn a_converted_trial_gets_a_new_addition() {
    let trial = TrackedAddition { billing: Billing::NoCharge, ..tracked() };
    let row = current(&json!({"billCustomer": "NoCharge"}));
    let next_month = date(2027, 1, 1);
    let converts = |tracked: &TrackedAddition, day, first| converts_from_trial(&active(3), tracked, &row, (day, first));
    assert!(converts(&trial, date(2026, 12, 1), next_month));
    assert!(!converts(&tracked(), date(2026, 12, 1), next_month));
    assert!(converts(&trial, date(2026, 12, 2), date(2026, 12, 2)), "billed from the conversion on");
    assert!(!converts(&trial, date(2026, 12, 1), date(2026, 12, 1)), "converted on its first day");
    // An addition that is not in effect yet is billed from its first day.
    assert!(!converts(&trial, date(2026, 11, 30), date(2026, 12, 1)));
    let created = TrackedAddition { effective_date: row.effective_date, ..trial.clone() };
    assert!(!converts(&created, date(2026, 11, 30), date(2026, 12, 1)));
    assert!(converts(&created, date(2026, 11, 20), date(2026, 11, 20)), "billed before the trial's first day");
    assert!(!converts(&trial, date(2026, 11, 20), date(2026, 11, 20)), "the day is not known as ours");
    let changed = change(&active(3), &trial, &row, None).changes;
    assert_eq!(changed, Changes { bill_customer: Some(Billing::Billable), ..Changes::default() });
    // A change of seats does not override a billing option that a person set.
    let by_hand = current(&json!({"billCustomer": "DoNotBill"}));
    assert_eq!(change(&active(4), &tracked(), &by_hand, None).changes.bill_customer, None);
}

#[test]
fn an_addition_that_was_never_billed_stays_unbilled() {
    let row = current(&json!({"billedQuantity": 0}));
    assert!(was_never_billed(&row, date(2026, 11, 30)));
    assert!(!was_never_billed(&row, date(2026, 12, 1)));
    assert!(!was_never_billed(&current(&json!({"billedQuantity": 3})), date(2026, 11, 30)), "invoiced ahead");
    let never = end_changes(&row, None);
    assert_eq!((never.quantity, never.bill_customer), (Some(Decimal::ZERO), Some(Billing::DoNotBill)));
    assert_eq!(never.cancelled_date, Some(date(2026, 12, 1)));
    let ended = current(&json!({"cancelledDate": "2026-12-01", "billCustomer": "DoNotBill"}));
    assert_eq!(last_billed(&ended), None, "as it is read again");
    assert_eq!(last_billed(&current(&json!({"cancelledDate": "2026-12-31"}))), Some(date(2026, 12, 31)));
    let last = Some(date(2026, 11, 30));
    assert_eq!(end_changes(&row, last), Changes { cancelled_date: last, ..Changes::default() });
}

proptest! {
    #[test]
    fn an_addition_in_sync_is_not_changed(quantity in 1..1000_u32, price in 0..100_u32, by_hand in 0..100_u32) {
        let desired = ActiveAddition { quantity, ..priced(price.into()) };
        let row = current(&json!({"quantity": quantity, "unitPrice": by_hand}));
        let once = change(&desired, &tracked(), &row, None);
        let now = Some(Decimal::from(price));
        prop_assert_eq!(once.changes.unit_price.or(row.unit_price), now);
        prop_assert_eq!(change(&desired, &once.tracked, &row, None).changes, Changes::default());
    }
}

#[test]
fn a_rounded_amount_is_no_manual_edit() {
    let stored = |sent: &str, stored: &str| is_stored_as(sent.parse().ok(), stored.parse().ok());
    for (sent, rounded) in [
        ("3.125", "3.13"),
        ("3.125", "3.12"),
        ("2.675", "2.68"),
        ("2.6784", "2.678"),
        ("2.6784", "2.67"),
        ("3", "3.00"),
    ] {
        assert!(stored(sent, rounded), "{sent} as {rounded}");
    }
    for (sent, edited) in [("3.125", "3.14"), ("3.125", "3"), ("3.4", "3"), ("3.1", "3.13"), ("3.13", "3.1")] {
        assert!(!stored(sent, edited), "{sent} as {edited}");
    }
    assert!(is_stored_as(None, None) && !is_stored_as(None, Some(Decimal::ONE)));
}

#[test]
fn a_rounded_price_returns_to_the_catalogs_and_follows_the_product() {
    let price = Decimal::new(3125, 3);
    let tracked = TrackedAddition {
        unit_price: Some(price),
        defaults: ProductDefaults { price: Some(price), ..tracked().defaults },
        ..tracked()
    };
    let catalogs = item(204, 1, "Backup");
    let released = change(&active(3), &tracked, &with_price("3.13"), Some(&catalogs));
    assert_eq!(released.changes.unit_price, Some(Decimal::ONE));
    let edited = change(&active(3), &tracked, &with_price("3.2"), Some(&catalogs));
    assert_eq!(edited.changes.unit_price, None, "a person's price is kept");
    let archive = item(205, 6, "Archive");
    let changed = change(&priced(price), &tracked, &with_price("3.13"), Some(&archive));
    assert_eq!(changed.changes.unit_price, Some(price));
    let edited = change(&priced(price), &tracked, &with_price("3.2"), Some(&archive));
    assert_eq!(edited.changes.unit_price, Some(Decimal::new(32, 1)));
}
