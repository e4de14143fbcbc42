//! What there shall be in ConnectWise for a subscription, by its record and its account's agreement: pure.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::connectwise::addition::{Billing, Changes};
use crate::connectwise::{AgreementId, CatalogItemId, addition, catalog};
use crate::fingerprint::Fingerprint;
use crate::ids::PlanId;
use crate::store::{AgreementLink, Line, SubscriptionRecord, SubscriptionState};

/// What there shall be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Wish {
    /// An open addition.
    Open(Open),
    /// No open addition: the subscription has ended.
    Ended,
    /// Whatever there is: the account has no agreement.
    LetGo,
}

/// An open addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Open {
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

impl Wish {
    /// What `subscription` shall have by the agreement of its account. None if it is not known what the vendor bills: a
    /// record from before that was kept.
    pub fn of(subscription: &SubscriptionRecord, link: Option<&AgreementLink>) -> Option<Self> {
        let Some(link) = link else { return Some(Self::LetGo) };
        Some(match subscription.state {
            SubscriptionState::Cancelled => Self::Ended,
            // A suspended subscription goes on to be billed.
            SubscriptionState::Live | SubscriptionState::Suspended => {
                let billed = subscription.billed.as_ref()?;
                Self::Open(Open {
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
        Fingerprint::of(self)
    }
}

/// From which moment a subscription is billed by its account's agreement: since it is live and linked.
pub fn billed_from(subscription: &SubscriptionRecord, link: &AgreementLink) -> Timestamp {
    subscription.live_since.unwrap_or(subscription.created_at).max(link.linked_at)
}

/// A product before and after a change of plan; none where it is not known any more.
#[derive(Clone, Copy, Debug)]
pub struct Products<'a> {
    /// The one that it was.
    pub before: Option<&'a catalog::CatalogItem>,
    /// The one that it becomes.
    pub after: &'a catalog::CatalogItem,
}

/// What to change so that `held` is as wished; empty if it is. `line` is how we left it: what a person changed since is
/// respected, unless it is what the wish is about. `products` is given if the plan has changed.
pub fn changes(open: &Open, line: &Line, held: &addition::Addition, products: Option<Products<'_>>) -> Changes {
    let mut changes = match products {
        Some(products) => moved(held, products),
        None => Changes::default(),
    };
    let quantity = Decimal::from(open.quantity);
    if held.quantity != Some(quantity) || changes.product.is_some() {
        changes.quantity = Some(quantity);
    }
    if line.billing != open.billing {
        changes.bill_customer = Some(open.billing.clone());
    }
    if let Some(price) = open.unit_price.filter(|price| held.unit_price != Some(*price) || changes.product.is_some()) {
        changes.unit_price = Some(price);
    }
    changes
}

/// A new product brings its own price, cost, text and tax along. What the addition had from the old product becomes that of
/// the new one, and what a person set by hand stays: all of it is said again.
fn moved(held: &addition::Addition, products: Products<'_>) -> Changes {
    let Products { before, after } = products;
    let price_was_the_products = before.is_none_or(|before| held.unit_price == before.price);
    let cost_was_the_products = before.is_none_or(|before| held.unit_cost == before.cost);
    let text_was_the_products =
        before.is_none_or(|before| held.invoice_description.as_deref() == Some(&before.customer_description));
    let kept = held.kept();
    Changes {
        product: Some(after.id),
        unit_price: if price_was_the_products { after.price } else { kept.unit_price },
        unit_cost: if cost_was_the_products { after.cost } else { kept.unit_cost },
        invoice_description: if text_was_the_products {
            Some(after.customer_description.clone())
        } else {
            kept.invoice_description.clone()
        },
        ..kept
    }
}

/// Whether an addition is one that stands for a subscription: of this product, and not ended.
pub fn stands_for(held: &addition::Addition, product: CatalogItemId) -> bool {
    held.cancelled_date.is_none() && held.product.as_ref().is_some_and(|of| of.id == product)
}

/// What ends `held` so that its last day billed is `last`; for one that was never billed, so that it never is.
pub fn ending(held: &addition::Addition, last: jiff::civil::Date) -> Changes {
    match held.effective_date {
        Some(first) if first > last => Changes {
            quantity: Some(Decimal::ZERO),
            bill_customer: Some(Billing::DoNotBill),
            cancelled_date: Some(first),
            ..Changes::default()
        },
        Some(_) | None => Changes { cancelled_date: Some(last), ..Changes::default() },
    }
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
        let row = json!({"id": id, "identifier": "x", "price": price, "cost": 0.5, "customerDescription": text});
        serde_json::from_value(row).unwrap()
    }

    fn line() -> Line {
        Line {
            agreement: AgreementId::new(104),
            addition: AdditionId::new(501),
            product: CatalogItemId::new(204),
            billing: Billing::Billable,
            ended: false,
        }
    }

    fn open(quantity: u32) -> Open {
        Open {
            agreement: AgreementId::new(104),
            plan: PlanId::parse("p").unwrap(),
            quantity,
            billing: Billing::Billable,
            unit_price: None,
        }
    }

    #[test]
    fn prices_are_left_to_the_msp() {
        let cheaper = held(&json!({"unitPrice": 0.8}));
        let expected = Changes { quantity: Some(Decimal::from(5)), ..Changes::default() };
        assert_eq!(changes(&open(5), &line(), &cheaper, None), expected);
        assert_eq!(changes(&open(3), &line(), &cheaper, None), Changes::default());
        let priced = Open { unit_price: Some(Decimal::TWO), ..open(3) };
        let expected = Changes { unit_price: Some(Decimal::TWO), ..Changes::default() };
        assert_eq!(changes(&priced, &line(), &cheaper, None), expected);
    }

    #[test]
    fn a_new_product_brings_its_price_unless_a_person_set_one() {
        let (before, after) = (item(204, 1, "Backup"), item(205, 3, "Archive"));
        let products = Some(Products { before: Some(&before), after: &after });
        let changed = changes(&open(3), &line(), &held(&json!({})), products);
        assert_eq!((changed.product, changed.unit_price), (Some(CatalogItemId::new(205)), Some(Decimal::from(3))));
        assert_eq!(changed.invoice_description.as_deref(), Some("Archive"));
        assert_eq!(changed.quantity, Some(Decimal::from(3)));
        let by_hand = held(&json!({"unitPrice": 0.8, "invoiceDescription": "Special", "taxableFlag": true}));
        let changed = changes(&open(3), &line(), &by_hand, products);
        assert_eq!(changed.unit_price, Some("0.8".parse().unwrap()));
        assert_eq!((changed.invoice_description.as_deref(), changed.taxable), (Some("Special"), Some(true)));
    }

    #[test]
    fn a_trial_that_becomes_paid_is_billed() {
        let trial = Line { billing: Billing::NoCharge, ..line() };
        let changed = changes(&open(3), &trial, &held(&json!({"billCustomer": "NoCharge"})), None);
        assert_eq!(changed, Changes { bill_customer: Some(Billing::Billable), ..Changes::default() });
        // Whoever said otherwise by hand is not overruled by a change of seats.
        let by_hand = held(&json!({"billCustomer": "DoNotBill"}));
        assert_eq!(changes(&open(4), &line(), &by_hand, None).bill_customer, None);
    }

    #[test]
    fn what_was_never_billed_never_is() {
        let last = date(2026, 11, 30);
        let never = ending(&held(&json!({})), last);
        assert_eq!((never.quantity, never.bill_customer), (Some(Decimal::ZERO), Some(Billing::DoNotBill)));
        assert_eq!(never.cancelled_date, Some(date(2026, 12, 1)));
        let billed = ending(&held(&json!({"effectiveDate": "2026-11-01T00:00:00Z"})), last);
        assert_eq!(billed, Changes { cancelled_date: Some(last), ..Changes::default() });
    }

    proptest! {
        #[test]
        fn what_is_as_wished_is_not_changed(quantity in 1..1000_u32, price in 0..100_u32) {
            let row = held(&json!({"quantity": quantity, "unitPrice": price}));
            let wish = Open { unit_price: Some(price.into()), ..open(quantity) };
            prop_assert_eq!(changes(&wish, &line(), &row, None), Changes::default());
        }
    }
}
