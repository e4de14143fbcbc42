//! The MSP's products, with their prices in a month.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use crate::connectwise::CatalogItemId;
use crate::connectwise::api::catalog::{self, CatalogItem};
use crate::domain::ids::PlanId;
use crate::store::{Money, MoneyDirection, PlanRecord};
use crate::vendor::Vendor;

/// Decimal places of an amount of money.
const DECIMAL_PLACES: u32 = 2;

/// A plan's product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The catalog item.
    pub item: CatalogItemId,
    /// The plan.
    pub plan: PlanId,
    /// Price of a unit for a billing period; `None` if ConnectWise does not tell.
    pub price: Option<Decimal>,
    /// ISO 4217 currency code; `None` if the MSP does not sell the plan in the portal.
    pub currency: Option<String>,
    /// Months of a billing period; `None` if they are not known.
    pub months: Option<u32>,
}

impl Product {
    /// Returns the currency, and `amount` for a billing period as the amount for a month. `None` if currency or period are not
    /// known.
    pub fn monthly(&self, amount: Decimal) -> Option<(&str, Decimal)> {
        Some((self.currency.as_deref()?, amount.checked_div(Decimal::from(self.months?))?))
    }

    /// Returns `amount` for a billing period as money for a month. `None` if currency or period are not known, or for no
    /// money.
    pub fn per_month(&self, amount: Decimal, direction: MoneyDirection) -> Option<Money> {
        monthly(amount, self.months?, self.currency.as_deref()?, direction)
    }
}

/// Returns `amount` for `months` as money for a month; `None` for no money.
pub fn monthly(amount: Decimal, months: u32, currency: &str, direction: MoneyDirection) -> Option<Money> {
    let amount = amount.abs().checked_div(Decimal::from(months))?.round_dp(DECIMAL_PLACES).normalize();
    (!amount.is_zero()).then(|| Money { currency: currency.to_owned(), amount, direction })
}

/// The MSP's products.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    products: HashMap<CatalogItemId, Product>,
    /// The products that are recorded for the plans that the MSP sells.
    recorded: HashMap<PlanId, CatalogItemId>,
}

impl Catalog {
    /// Returns the products that ConnectWise lists, with what is recorded of their plans.
    pub fn new(region: &str, vendor: &Vendor, items: &[CatalogItem], plans: &[PlanRecord]) -> Self {
        let products = items.iter().filter_map(|item| {
            let recorded = plans.iter().find(|plan| plan.catalog_item == item.id);
            let plan = recorded.map(|plan| plan.plan.clone()).or_else(|| catalog::plan_of(region, &item.identifier))?;
            let record = recorded.or_else(|| plans.iter().find(|record| record.plan == plan));
            let product = Product {
                item: item.id,
                price: item.price,
                currency: record.map(|record| record.currency.clone()),
                months: record.and_then(|record| vendor.billing_months(&record.periodicity)),
                plan,
            };
            Some((item.id, product))
        });
        let products: HashMap<_, _> = products.collect();
        let recorded =
            plans.iter().filter_map(|plan| Some((plan.plan.clone(), products.get(&plan.catalog_item)?.item)));
        let recorded: HashMap<_, _> = recorded.collect();
        Self { products, recorded }
    }

    /// Returns the product of a catalog item; `None` if it is none of ours.
    pub fn product(&self, item: CatalogItemId) -> Option<&Product> {
        self.products.get(&item)
    }

    /// Returns the product of a plan: the recorded one, else the first with its identifier.
    pub fn of_plan(&self, plan: &PlanId) -> Option<&Product> {
        let recorded = self.recorded.get(plan).and_then(|item| self.product(*item));
        let of_plan = || self.products.values().filter(|product| product.plan == *plan);
        recorded.or_else(|| of_plan().min_by_key(|product| product.item))
    }

    /// Returns the catalog items.
    pub fn items(&self) -> HashSet<CatalogItemId> {
        self.products.keys().copied().collect()
    }

    #[cfg(test)]
    pub(super) fn of(products: impl IntoIterator<Item = Product>) -> Self {
        let products = products.into_iter().map(|product| (product.item, product)).collect();
        Self { products, recorded: HashMap::new() }
    }
}
