//! What there shall be in ConnectWise for a subscription, by its record and its account's agreement: pure.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::connectwise::api::addition::{Billing, Changes};
use crate::connectwise::api::{addition, catalog};
use crate::connectwise::date::{self, Terms};
use crate::connectwise::{AgreementId, CatalogItemId, CompanyId};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::PlanId;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::store::{AgreementLink, TrackedAddition, ProductDefaults};

/// What there shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum DesiredAddition {
    /// An open addition.
    Open(ActiveAddition),
    /// No open addition: the subscription has ended.
    Ended,
    /// Whatever there is: the account has no agreement.
    Unmanaged,
}

/// An open addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActiveAddition {
    /// Whose.
    pub company: CompanyId,
    /// Of which agreement.
    pub agreement: AgreementId,
    /// Of which plan's product.
    pub plan: PlanId,
    /// How many.
    pub quantity: u32,
    /// Whether it is billed.
    pub billing: Billing,
    /// What a unit is sold for, if that is not left to the catalog and to the MSP.
    pub unit_price: Option<Decimal>,
}

impl DesiredAddition {
    /// What `subscription` shall have by the agreement of its account. None if it is not known what the vendor bills: a
    /// record from before that was kept.
    pub fn of(subscription: &SubscriptionRecord, link: Option<&AgreementLink>) -> Option<Self> {
        let Some(link) = link else { return Some(Self::Unmanaged) };
        Some(match subscription.state {
            SubscriptionState::Cancelled => Self::Ended,
            // A suspended subscription goes on to be billed.
            SubscriptionState::Live | SubscriptionState::Suspended => {
                let billed = subscription.billed.as_ref()?;
                Self::Open(ActiveAddition {
                    company: link.company,
                    agreement: link.agreement,
                    plan: billed.plan.clone(),
                    quantity: billed.quantity,
                    billing: if subscription.trial { Billing::NoCharge } else { Billing::Billable },
                    unit_price: link.unit_price,
                })
            }
        })
    }

    /// What tells it from another one.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::hash(self)
    }
}

/// From which moment a subscription is billed by its account's agreement: since it is live and linked.
pub fn billed_from(subscription: &SubscriptionRecord, link: &AgreementLink) -> Timestamp {
    subscription.live_since.unwrap_or(subscription.created_at).max(link.linked_at)
}

/// What the product gives an addition that nobody changes.
pub fn defaults_of(item: &catalog::CatalogItem) -> ProductDefaults {
    ProductDefaults {
        price: item.price,
        cost: item.cost,
        taxable: item.taxable_flag,
        invoice_text: Some(item.customer_description.clone()),
    }
}

/// What an addition was made with.
pub fn snapshot_of(held: &addition::Addition) -> ProductDefaults {
    ProductDefaults {
        price: held.unit_price,
        cost: held.unit_cost,
        taxable: held.taxable_flag,
        invoice_text: held.invoice_description.clone(),
    }
}

/// How an addition is changed, and what we know of it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What to change; empty if it is as wished.
    pub changes: Changes,
    /// The line, once they are made.
    pub line: TrackedAddition,
}

/// Whether the product must be read to say what changes: the plan's is another now, or the price becomes the product's again.
pub fn needs_product(open: &ActiveAddition, line: &TrackedAddition, product: CatalogItemId) -> bool {
    line.product != product || (line.unit_price.is_some() && open.unit_price.is_none())
}

/// What to change so that `held` is as wished. `line` is how we left it: what a person changed since is respected, unless it is
/// what the wish is about. `item` is the plan's product, if that [has to be read](needs_product).
pub fn change(open: &ActiveAddition, line: &TrackedAddition, held: &addition::Addition, item: Option<&catalog::CatalogItem>) -> Change {
    let after = item.map_or_else(|| line.defaults.clone(), defaults_of);
    let said = open.unit_price.filter(|_| open.unit_price != line.unit_price);
    let given_back = line.unit_price.is_some() && open.unit_price.is_none();
    let mut changes = match item.filter(|item| item.id != line.product) {
        Some(item) => product_change(open, line, held, item.id, &after),
        None => Changes::default(),
    };
    let quantity = Decimal::from(open.quantity);
    if held.quantity != Some(quantity) || changes.product.is_some() {
        changes.quantity = Some(quantity);
    }
    if line.billing != open.billing {
        changes.bill_customer = Some(open.billing.clone());
    }
    if said.is_some() && said != held.unit_price {
        changes.unit_price = said;
    } else if given_back && held.unit_price == line.unit_price && held.unit_price != after.price {
        changes.unit_price = after.price;
    }
    let product = changes.product.unwrap_or(line.product);
    let usual = ProductDefaults { price: open.unit_price.or(after.price), ..after };
    let line = TrackedAddition { product, billing: open.billing.clone(), unit_price: open.unit_price, defaults: usual, ..line.clone() };
    Change { changes, line }
}

/// A new product brings its own price, cost, text and tax along. What the addition had from the old product becomes that of
/// the new one, and what a person set by hand stays: all of it is said again.
fn product_change(open: &ActiveAddition, line: &TrackedAddition, held: &addition::Addition, product: CatalogItemId, after: &ProductDefaults) -> Changes {
    let (before, kept) = (&line.defaults, held.kept());
    let now = snapshot_of(held);
    Changes {
        product: Some(product),
        unit_price: keep_manual_edit(now.price, before.price.as_ref(), open.unit_price.or(after.price)),
        unit_cost: keep_manual_edit(now.cost, before.cost.as_ref(), after.cost),
        taxable: keep_manual_edit(now.taxable, before.taxable.as_ref(), after.taxable),
        invoice_description: keep_manual_edit(now.invoice_text, before.invoice_text.as_ref(), after.invoice_text.clone()),
        ..kept
    }
}

fn keep_manual_edit<T: PartialEq>(now: Option<T>, usual: Option<&T>, after: Option<T>) -> Option<T> {
    if now.as_ref() == usual { after } else { now }
}

/// Whether an addition is one that stands for a subscription: of this product, and not ended.
pub fn is_open_for(held: &addition::Addition, product: CatalogItemId) -> bool {
    held.cancelled_date.is_none() && held.product.as_ref().is_some_and(|of| of.id == product)
}

/// Whether `held`, which is given up on `day`, was not and will not be of any use: it was to be in effect later, and is not
/// invoiced.
pub fn was_never_billed(held: &addition::Addition, day: Date) -> bool {
    held.effective_date.is_some_and(|first| first > day) && held.billed_quantity.is_none_or(|billed| billed.is_zero())
}

/// The last day that an addition is billed which was cancelled; none if it is not billed at all.
pub fn last_billed(held: &addition::Addition) -> Option<Date> {
    held.cancelled_date.filter(|_| held.bill_customer != Some(Billing::DoNotBill))
}

/// What ends an addition so that its last day billed is `last`; without one, so that it never is billed.
pub fn end_changes(held: &addition::Addition, last: Option<Date>) -> Changes {
    match last {
        Some(_) => Changes { cancelled_date: last, ..Changes::default() },
        None => Changes {
            quantity: Some(Decimal::ZERO),
            bill_customer: Some(Billing::DoNotBill),
            cancelled_date: held.effective_date,
            ..Changes::default()
        },
    }
}

/// The first day that an addition can be billed which is wanted since `from` and follows one whose last day was `last`: a
/// first of a month, or later where the agreement says so.
pub fn first_day(from: Timestamp, zone: &TimeZone, last: Option<Date>, terms: &Terms) -> Date {
    let after = last.map_or(Date::MIN, |last| last.saturating_add(1.day()));
    date::effective(date::first_of_next_month(from, zone).max(after), terms)
}

/// Whether a trial that was shown for nothing is paid for from `day` on: it goes on by a new addition, so that the rest of the
/// month is not billed.
pub fn converts_from_trial(open: &ActiveAddition, line: &TrackedAddition, held: &addition::Addition, day: Date) -> bool {
    line.billing == Billing::NoCharge
        && open.billing == Billing::Billable
        && held.effective_date.is_none_or(|first| first <= day)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::connectwise::AdditionId;

    fn held(members: &serde_json::Value) -> addition::Addition {
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

    fn line() -> TrackedAddition {
        TrackedAddition {
            agreement: AgreementId::new(104),
            addition: AdditionId::new(501),
            product: CatalogItemId::new(204),
            billing: Billing::Billable,
            unit_price: None,
            defaults: defaults_of(&item(204, 1, "Backup")),
            ended: false,
            last_billed_day: None,
        }
    }

    fn open(quantity: u32) -> ActiveAddition {
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
        ActiveAddition { unit_price: Some(unit_price), ..open(3) }
    }

    fn with_price(unit_price: &str) -> addition::Addition {
        held(&json!({ "unitPrice": unit_price.parse::<serde_json::Number>().unwrap() }))
    }

    #[test]
    fn prices_are_left_to_the_msp() {
        let cheaper = with_price("0.8");
        let expected = Changes { quantity: Some(Decimal::from(5)), ..Changes::default() };
        assert_eq!(change(&open(5), &line(), &cheaper, None).changes, expected);
        assert_eq!(change(&open(3), &line(), &cheaper, None), Change { changes: Changes::default(), line: line() });
    }

    #[test]
    fn a_price_is_said_once_and_given_back() {
        let two = Some(Decimal::TWO);
        let said = change(&priced(Decimal::TWO), &line(), &with_price("0.8"), None);
        assert_eq!(said.changes, Changes { unit_price: two, ..Changes::default() });
        assert_eq!((said.line.unit_price, said.line.defaults.price), (two, two));
        // What a person makes of it later stays.
        assert_eq!(change(&priced(Decimal::TWO), &said.line, &with_price("1.5"), None).changes, Changes::default());
        let catalog = item(204, 4, "Backup");
        assert!(needs_product(&open(3), &said.line, catalog.id));
        let back = change(&open(3), &said.line, &with_price("2"), Some(&catalog));
        assert_eq!(back.changes, Changes { unit_price: Some(Decimal::from(4)), ..Changes::default() });
        assert_eq!((back.line.unit_price, back.line.defaults.price), (None, Some(Decimal::from(4))));
        assert_eq!(change(&open(3), &said.line, &with_price("1.5"), Some(&catalog)).changes, Changes::default());
    }

    #[test]
    fn a_new_product_brings_its_price_unless_a_person_set_one() {
        let after = item(205, 3, "Archive");
        let changed = change(&open(3), &line(), &held(&json!({})), Some(&after));
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
        assert_eq!(changed.line, TrackedAddition { product: after.id, defaults: defaults_of(&after), ..line() });
        let by_hand = held(&json!({"unitPrice": 0.8, "invoiceDescription": "Special", "taxableFlag": true}));
        let untaxed = catalog::CatalogItem { taxable_flag: Some(false), ..after };
        let changed = change(&open(3), &line(), &by_hand, Some(&untaxed)).changes;
        assert_eq!(changed.unit_price, Some("0.8".parse().unwrap()));
        assert_eq!((changed.invoice_description.as_deref(), changed.taxable), (Some("Special"), Some(true)));
    }

    #[test]
    fn the_old_products_price_of_when_the_addition_was_made_is_nobodys() {
        // The catalog's price of the old product may have changed since: the addition has what it was made with.
        let after = item(205, 3, "Archive");
        let made_at = TrackedAddition { defaults: ProductDefaults { price: Some("0.9".parse().unwrap()), ..line().defaults }, ..line() };
        let changed = change(&open(3), &made_at, &with_price("0.9"), Some(&after)).changes;
        assert_eq!(changed.unit_price, Some(Decimal::from(3)));
    }

    #[test]
    fn a_trial_that_is_bought_goes_on_anew() {
        let trial = TrackedAddition { billing: Billing::NoCharge, ..line() };
        let row = held(&json!({"billCustomer": "NoCharge"}));
        assert!(converts_from_trial(&open(3), &trial, &row, date(2026, 12, 1)));
        assert!(!converts_from_trial(&open(3), &line(), &row, date(2026, 12, 1)));
        // One that is not in effect yet is billed from its first day on.
        assert!(!converts_from_trial(&open(3), &trial, &row, date(2026, 11, 30)));
        let changed = change(&open(3), &trial, &row, None).changes;
        assert_eq!(changed, Changes { bill_customer: Some(Billing::Billable), ..Changes::default() });
        // Whoever said otherwise by hand is not overruled by a change of seats.
        let by_hand = held(&json!({"billCustomer": "DoNotBill"}));
        assert_eq!(change(&open(4), &line(), &by_hand, None).changes.bill_customer, None);
    }

    #[test]
    fn what_was_never_billed_never_is() {
        let row = held(&json!({"billedQuantity": 0}));
        assert!(was_never_billed(&row, date(2026, 11, 30)));
        assert!(!was_never_billed(&row, date(2026, 12, 1)));
        assert!(!was_never_billed(&held(&json!({"billedQuantity": 3})), date(2026, 11, 30)), "invoiced ahead");
        let never = end_changes(&row, None);
        assert_eq!((never.quantity, never.bill_customer), (Some(Decimal::ZERO), Some(Billing::DoNotBill)));
        assert_eq!(never.cancelled_date, Some(date(2026, 12, 1)));
        let ended = held(&json!({"cancelledDate": "2026-12-01", "billCustomer": "DoNotBill"}));
        assert_eq!(last_billed(&ended), None, "as it is read again");
        assert_eq!(last_billed(&held(&json!({"cancelledDate": "2026-12-31"}))), Some(date(2026, 12, 31)));
        let last = Some(date(2026, 11, 30));
        assert_eq!(end_changes(&row, last), Changes { cancelled_date: last, ..Changes::default() });
    }

    #[test]
    fn what_follows_begins_after_what_it_follows() {
        let from = "2026-11-10T12:00:00Z".parse().unwrap();
        let utc = TimeZone::UTC;
        let first = |last, terms: &Terms| first_day(from, &utc, last, terms);
        assert_eq!(first(None, &Terms::default()), date(2026, 12, 1));
        assert_eq!(first(Some(date(2026, 11, 30)), &Terms::default()), date(2026, 12, 1));
        assert_eq!(first(Some(date(2027, 1, 31)), &Terms::default()), date(2027, 2, 1));
        let later = Terms { bill_start: Some(date(2027, 3, 1)), ..Terms::default() };
        assert_eq!(first(Some(date(2027, 1, 31)), &later), date(2027, 3, 1));
    }

    proptest! {
        #[test]
        fn what_is_as_wished_is_not_changed(quantity in 1..1000_u32, price in 0..100_u32, by_hand in 0..100_u32) {
            let wish = ActiveAddition { quantity, ..priced(price.into()) };
            let row = held(&json!({"quantity": quantity, "unitPrice": by_hand}));
            let once = change(&wish, &line(), &row, None);
            let now = Some(Decimal::from(price));
            prop_assert_eq!(once.changes.unit_price.or(row.unit_price), now);
            prop_assert_eq!(change(&wish, &once.line, &row, None).changes, Changes::default());
        }
    }
}
