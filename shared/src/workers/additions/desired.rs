//! The desired addition of a subscription, computed from its record and its account's agreement link, and the changes that
//! lead to it. Pure.

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use crate::connectwise::api::addition::{Billing, Changes};
use crate::connectwise::api::{addition, catalog};
use crate::connectwise::{AgreementId, CatalogItemId, CompanyId};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::PlanId;
use crate::domain::subscription_record::{SubscriptionRecord, SubscriptionState};
use crate::store::{AgreementLink, ProductDefaults, TrackedAddition};

/// Fewest decimal places to which ConnectWise rounds an amount.
const MIN_DECIMAL_PLACES: u32 = 2;

/// The desired state of a subscription's addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum DesiredAddition {
    /// One open addition.
    Active(ActiveAddition),
    /// No open addition: the subscription has ended, or the customer has left for another reseller.
    Ended,
    /// Left as it is: the account has no agreement.
    Unmanaged,
}

/// The desired state of an open addition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActiveAddition {
    /// The company that is billed.
    pub company: CompanyId,
    /// The agreement.
    pub agreement: AgreementId,
    /// The plan, whose product the addition has.
    pub plan: PlanId,
    /// The billed quantity.
    pub quantity: u32,
    /// How it is billed: billable, or at no charge for a trial.
    pub billing: Billing,
    /// Unit price of the link; `None` leaves the price to the catalog and to the MSP.
    pub unit_price: Option<Decimal>,
}

impl DesiredAddition {
    /// Returns the desired addition of a subscription. `None` if the billed plan and quantity are unknown, as in a record
    /// that was written before they were recorded.
    pub fn of(subscription: &SubscriptionRecord, link: Option<&AgreementLink>) -> Option<Self> {
        let Some(link) = link else { return Some(Self::Unmanaged) };
        Some(match subscription.state {
            SubscriptionState::Cancelled => Self::Ended,
            // The customer is another reseller's.
            SubscriptionState::Live | SubscriptionState::Suspended if link.left_at.is_some() => Self::Ended,
            // A suspended subscription is still billed.
            SubscriptionState::Live | SubscriptionState::Suspended => {
                let billed = subscription.billed.as_ref()?;
                Self::Active(ActiveAddition {
                    company: link.company,
                    agreement: link.agreement,
                    plan: billed.plan.clone(),
                    quantity: link.billed_seats(billed.quantity),
                    billing: if subscription.trial { Billing::NoCharge } else { Billing::Billable },
                    unit_price: link.unit_price,
                })
            }
        })
    }

    /// Returns the fingerprint of the desired state.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::hash(self)
    }
}

/// Returns the values that an addition gets from its product.
pub fn defaults_of(item: &catalog::CatalogItem) -> ProductDefaults {
    ProductDefaults {
        price: item.price,
        cost: item.cost,
        taxable: item.taxable_flag,
        invoice_text: Some(item.customer_description.clone()),
    }
}

/// Returns the values that an addition has now. Of a new addition, these are the ones that it was created with.
pub fn snapshot_of(current: &addition::Addition) -> ProductDefaults {
    ProductDefaults {
        price: current.unit_price,
        cost: current.unit_cost,
        taxable: current.taxable_flag,
        invoice_text: current.invoice_description.clone(),
    }
}

/// The changes to an addition, and its record after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Fields to change; empty if the addition is in sync.
    pub changes: Changes,
    /// The tracked addition after the changes.
    pub tracked: TrackedAddition,
}

/// Returns `true` if [`change`] needs the plan's product: the product changes, or the price returns to the catalog's.
pub fn needs_product(active: &ActiveAddition, tracked: &TrackedAddition, product: CatalogItemId) -> bool {
    tracked.product != product || (tracked.unit_price.is_some() && active.unit_price.is_none())
}

/// Returns the changes that bring the addition `current` to the desired state `active`. `tracked` is the addition as we
/// last wrote it: a field that a person changed since is kept, unless the desired state of that field changed. `item` is
/// the plan's product, required if [`needs_product`].
pub fn change(
    active: &ActiveAddition,
    tracked: &TrackedAddition,
    current: &addition::Addition,
    item: Option<&catalog::CatalogItem>,
) -> Change {
    let after = item.map_or_else(|| tracked.defaults.clone(), defaults_of);
    let set_price = active.unit_price.filter(|_| active.unit_price != tracked.unit_price);
    let price_released = tracked.unit_price.is_some() && active.unit_price.is_none();
    let mut changes = match item.filter(|item| item.id != tracked.product) {
        Some(item) => product_change(active, tracked, current, item.id, &after),
        None => Changes::default(),
    };
    let quantity = Decimal::from(active.quantity);
    if current.quantity != Some(quantity) || changes.product.is_some() {
        changes.quantity = Some(quantity);
    }
    if tracked.billing != active.billing {
        changes.bill_customer = Some(active.billing.clone());
    }
    if set_price.is_some() && set_price != current.unit_price {
        changes.unit_price = set_price;
    } else if price_released
        && is_stored_as(tracked.unit_price, current.unit_price)
        && current.unit_price != after.price
    {
        changes.unit_price = after.price;
    }
    let product = changes.product.unwrap_or(tracked.product);
    let defaults = ProductDefaults { price: active.unit_price.or(after.price), ..after };
    let tracked = TrackedAddition {
        product,
        billing: active.billing.clone(),
        unit_price: active.unit_price,
        defaults,
        ..tracked.clone()
    };
    Change { changes, tracked }
}

/// Returns the changes for a new product. ConnectWise replaces price, cost, text and tax when the product changes, so all
/// of them are sent: values that came from the old product become those of the new one, and values that a person set are
/// kept.
fn product_change(
    active: &ActiveAddition,
    tracked: &TrackedAddition,
    current: &addition::Addition,
    product: CatalogItemId,
    after: &ProductDefaults,
) -> Changes {
    let (before, kept) = (&tracked.defaults, current.current_values());
    let now = snapshot_of(current);
    Changes {
        product: Some(product),
        unit_price: keep_manual_amount(now.price, before.price, active.unit_price.or(after.price)),
        unit_cost: keep_manual_amount(now.cost, before.cost, after.cost),
        taxable: keep_manual_edit(now.taxable, before.taxable.as_ref(), after.taxable),
        invoice_description: keep_manual_edit(
            now.invoice_text,
            before.invoice_text.as_ref(),
            after.invoice_text.clone(),
        ),
        ..kept
    }
}

fn keep_manual_edit<T: PartialEq>(now: Option<T>, defaults: Option<&T>, after: Option<T>) -> Option<T> {
    if now.as_ref() == defaults { after } else { now }
}

fn keep_manual_amount(now: Option<Decimal>, defaults: Option<Decimal>, after: Option<Decimal>) -> Option<Decimal> {
    if is_stored_as(defaults, now) { after } else { now }
}

/// Returns `true` if `stored` is `sent` as ConnectWise stores it: unchanged, or rounded or cut to fewer decimal places.
pub fn is_stored_as(sent: Option<Decimal>, stored: Option<Decimal>) -> bool {
    let (Some(sent), Some(stored)) = (sent, stored) else { return sent == stored };
    let rounded = |places| {
        [RoundingStrategy::MidpointAwayFromZero, RoundingStrategy::MidpointNearestEven, RoundingStrategy::ToZero]
            .into_iter()
            .any(|strategy| sent.round_dp_with_strategy(places, strategy) == stored)
    };
    sent == stored || (MIN_DECIMAL_PLACES..sent.scale()).any(rounded)
}

/// Returns `true` if the addition is of this product and not cancelled.
pub fn is_open_for(current: &addition::Addition, product: CatalogItemId) -> bool {
    current.cancelled_date.is_none() && current.product.as_ref().is_some_and(|of| of.id == product)
}

/// Returns `true` if an addition that ends on `day` was never billed: it is not in effect yet, and not invoiced ahead.
pub fn was_never_billed(current: &addition::Addition, day: Date) -> bool {
    current.effective_date.is_some_and(|first| first > day)
        && current.billed_quantity.is_none_or(|billed| billed.is_zero())
}

/// Returns the last billed day of a cancelled addition, or `None` if it is not billed at all.
pub fn last_billed(current: &addition::Addition) -> Option<Date> {
    current.cancelled_date.filter(|_| current.bill_customer != Some(Billing::DoNotBill))
}

/// Returns the changes that end an addition: `last` is its last billed day; without one, it is never billed.
pub fn end_changes(current: &addition::Addition, last: Option<Date>) -> Changes {
    match last {
        Some(_) => Changes { cancelled_date: last, ..Changes::default() },
        None => Changes {
            quantity: Some(Decimal::ZERO),
            bill_customer: Some(Billing::DoNotBill),
            cancelled_date: current.effective_date,
            ..Changes::default()
        },
    }
}

/// Returns `true` if a trial at no charge converts to paid on `day`, is to be billed from `first`, and its addition begins
/// neither on that day nor between the two. It is replaced by a new addition, so that the time before is not billed, and none
/// after `first` is free of charge. One that a person moved to a later day stays.
pub fn converts_from_trial(
    active: &ActiveAddition,
    tracked: &TrackedAddition,
    current: &addition::Addition,
    (day, first): (Date, Date),
) -> bool {
    let begins_too_late = || current.effective_date > Some(first) && current.effective_date == tracked.effective_date;
    tracked.billing == Billing::NoCharge
        && active.billing == Billing::Billable
        && (current.effective_date.is_none_or(|effective| effective <= day && effective != first) || begins_too_late())
}

#[cfg(test)]
mod tests;
