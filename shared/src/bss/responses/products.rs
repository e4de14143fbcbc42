//! The products and add-ons that the BSS makes in its catalog.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use super::Derivative;

/// The catalog of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProductsCollection {
    /// What is subscribed to.
    pub products: Vec<Product>,
    /// What a subscription is extended with.
    pub addons: Vec<Addon>,
}

/// A product: what is subscribed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Product {
    /// Our id of it.
    #[serde(rename = "ID")]
    pub id: String,
    /// Code in the BSS's catalog.
    pub code: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Values of the service's product characteristics.
    pub attributes: Vec<ProductAttribute>,
    /// How it is charged.
    pub charge_type: ChargeType,
    /// Name of a unit: `Seat`.
    pub unit_type: Option<String>,
    /// How often it may be billed.
    pub unit_billing_cycles: Vec<UnitBillingCycle>,
    /// What the BSS overwrites with ours when it reads the catalog again.
    pub update_options: Vec<UpdateOption>,
    /// What kind of thing it is.
    pub derivative: Derivative,
    /// On sale.
    pub is_activated: bool,
    /// Can be cancelled.
    pub enable_cancellation: bool,
    /// Can be tried.
    pub trial_enabled: bool,
    /// Length of a trial, in `trial_duration_type`.
    pub trial_duration: u32,
    /// Unit of `trial_duration`.
    pub trial_duration_type: TrialDurationType,
    /// Prices, one per currency.
    pub prices: Vec<Price>,
    /// What it can be changed to, or can't stand beside.
    pub related_products: Vec<RelatedProduct>,
}

/// An add-on: what a subscription is extended with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Addon {
    /// Our id of it.
    #[serde(rename = "ID")]
    pub id: String,
    /// Ids of the products that it extends.
    pub products: Vec<String>,
    /// Code in the BSS's catalog.
    pub code: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Values of the service's product characteristics.
    pub attributes: Vec<ProductAttribute>,
    /// How often it may be billed.
    pub unit_billing_cycles: Vec<UnitBillingCycle>,
    /// What the BSS overwrites with ours when it reads the catalog again.
    pub update_options: Vec<UpdateOption>,
    /// A name; its values are not public. Left out if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_type: Option<String>,
    /// A name; its values are not public. Left out if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_rule: Option<String>,
    /// Prices, one per currency.
    pub prices: Vec<Price>,
}

/// The value of an attribute in a product or an add-on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProductAttribute {
    /// The attribute's id.
    #[serde(rename = "ID")]
    pub id: String,
    /// The product is found by it.
    pub is_primary_key: bool,
    /// Its values; of a list attribute, ids of choices.
    pub values: Vec<String>,
    /// The BSS overwrites it with ours when it reads the catalog again.
    pub update: bool,
}

/// The prices in a currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Price {
    /// ISO 4217 code: `EUR`.
    pub currency: String,
    /// Prices, one per billing cycle.
    pub units: Vec<UnitPrice>,
}

/// The price of a unit for a billing cycle.
///
/// Amounts are JSON numbers. They pass through a double, whose shortest spelling is the amount itself up to 15 digits
/// in all: 11 before the point with 2 behind it are well within. Beyond that they would be rounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnitPrice {
    /// The cycle.
    pub billing_cycle: UnitBillingCycle,
    /// What the customer pays.
    #[serde(serialize_with = "amount")]
    pub price: Decimal,
    /// What the operator pays.
    #[serde(serialize_with = "amount")]
    pub cost: Decimal,
}

fn amount<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(amount.normalize().as_f64())
}

/// A product's relation to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RelatedProduct {
    /// The other's id.
    #[serde(rename = "ProductID")]
    pub product_id: String,
    /// What it is to this one.
    pub relation: Relation,
}

/// How a product is charged; travels as its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum ChargeType {
    /// Each cycle, in advance.
    #[default]
    RecurringPrepaid = 0,
    /// Each cycle, by use.
    RecurringPayPerUse = 1,
}

/// How often a unit is billed; travels as its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum UnitBillingCycle {
    /// Each month.
    #[default]
    Monthly = 0,
    /// Each year.
    Annually = 1,
    /// Every two years.
    TwoYears = 2,
    /// Every three years.
    ThreeYears = 3,
    /// Every six years.
    SixYears = 4,
}

/// What the BSS overwrites with ours when it reads the catalog again; travels as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum UpdateOption {
    /// The name.
    Name = 1,
    /// The billing cycles.
    UnitBillingCycles = 2,
    /// Whether it can be tried.
    TrialOffer = 3,
    /// Length of the trial.
    TrialAttributes = 4,
    /// The prices.
    Prices = 5,
    /// The related products.
    RelatedProducts = 6,
}

/// Unit of a trial's length; travels as its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum TrialDurationType {
    /// Days.
    #[default]
    Days = 0,
    /// Months.
    Months = 1,
}

/// What another product is to this one; travels as its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Relation {
    /// This one can be upgraded to it.
    Upgrade = 5,
    /// An account can't have both.
    MutuallyExcluded = 6,
}

super::numbered!(ChargeType, UnitBillingCycle, UpdateOption, TrialDurationType, Relation);
