//! The products and add-ons that the BSS creates in its catalog.

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// The catalog of a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ProductsCollection {
    /// The products.
    pub products: Vec<Product>,
    /// The add-ons.
    pub addons: Vec<Addon>,
}

/// A product, to which a customer subscribes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Product {
    /// The id assigned by the service manager.
    #[serde(rename = "ID")]
    pub id: String,
    /// The code in the BSS's catalog.
    pub code: String,
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// The values of the service's product characteristics.
    pub attributes: Vec<ProductAttribute>,
    /// The kind of charge.
    pub charge_type: ChargeType,
    /// The name of a unit: `Seat`.
    pub unit_type: Option<String>,
    /// The billing cycles to choose from.
    pub unit_billing_cycles: Vec<UnitBillingCycle>,
    /// The parts that the BSS overwrites when it imports the catalog again.
    pub update_options: Vec<UpdateOption>,
    /// The kind of product.
    pub derivative: Derivative,
    /// `true` if the product is for sale.
    pub is_activated: bool,
    /// `true` if a subscription can be cancelled.
    pub enable_cancellation: bool,
    /// `true` if a trial is available.
    pub trial_enabled: bool,
    /// The length of a trial, in units of `trial_duration_type`.
    pub trial_duration: u32,
    /// The unit of `trial_duration`.
    pub trial_duration_type: TrialDurationType,
    /// The prices, one entry per currency.
    pub prices: Vec<Price>,
    /// The products that this one can be upgraded to, and the products that it excludes.
    pub related_products: Vec<RelatedProduct>,
}

/// An add-on, which extends a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Addon {
    /// The id assigned by the service manager.
    #[serde(rename = "ID")]
    pub id: String,
    /// The ids of the products that it extends.
    pub products: Vec<String>,
    /// The code in the BSS's catalog.
    pub code: String,
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// The values of the service's product characteristics.
    pub attributes: Vec<ProductAttribute>,
    /// The billing cycles to choose from.
    pub unit_billing_cycles: Vec<UnitBillingCycle>,
    /// The parts that the BSS overwrites when it imports the catalog again.
    pub update_options: Vec<UpdateOption>,
    /// A name whose possible values are not public. Omitted if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage_type: Option<String>,
    /// A name whose possible values are not public. Omitted if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge_rule: Option<String>,
    /// The prices, one entry per currency.
    pub prices: Vec<Price>,
}

/// The value of an attribute in a product or an add-on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ProductAttribute {
    /// The id of the attribute.
    #[serde(rename = "ID")]
    pub id: String,
    /// `true` if the attribute identifies the product.
    pub is_primary_key: bool,
    /// The values. For a list attribute, the ids of choices.
    pub values: Vec<String>,
    /// `true` if the BSS overwrites the values when it imports the catalog again.
    pub update: bool,
}

/// The prices in a currency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Price {
    /// The ISO 4217 code: `EUR`.
    pub currency: String,
    /// The prices, one per billing cycle.
    pub units: Vec<UnitPrice>,
}

/// The price of a unit for a billing cycle.
///
/// Amounts are JSON numbers, serialized from a double. A double preserves 15 significant digits, so amounts with up to
/// 11 digits before the decimal point and 2 after it are exact. Longer amounts are rounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct UnitPrice {
    /// The billing cycle.
    pub billing_cycle: UnitBillingCycle,
    /// The price for the customer.
    #[serde(serialize_with = "amount")]
    #[cfg_attr(feature = "openapi", schemars(with = "f64"))]
    pub price: Decimal,
    /// The cost for the operator.
    #[serde(serialize_with = "amount")]
    #[cfg_attr(feature = "openapi", schemars(with = "f64"))]
    pub cost: Decimal,
}

fn amount<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(amount.normalize().as_f64())
}

/// A product's relation to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct RelatedProduct {
    /// The id of the other product.
    #[serde(rename = "ProductID")]
    pub product_id: String,
    /// The relation.
    pub relation: Relation,
}

/// The kind of product; sent as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema_repr))]
#[repr(u8)]
pub enum Derivative {
    /// Not specified (`NULL`).
    #[default]
    Null = 0,
    /// A subscription.
    Subscription = 1,
    /// A reservation.
    Reservation = 2,
    /// A licence.
    License = 3,
    /// A reserved instance.
    ReservedInstance = 4,
}

/// The kind of charge of a product; sent as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema_repr))]
#[repr(u8)]
pub enum ChargeType {
    /// Each cycle, in advance.
    #[default]
    RecurringPrepaid = 0,
    /// Each cycle, by usage.
    RecurringPayPerUse = 1,
}

/// The interval at which a unit is billed; sent as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema_repr))]
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

/// A part of a product that the BSS overwrites when it imports the catalog again; sent as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema_repr))]
#[repr(u8)]
pub enum UpdateOption {
    /// The name.
    Name = 1,
    /// The billing cycles.
    UnitBillingCycles = 2,
    /// The availability of a trial.
    TrialOffer = 3,
    /// The length of the trial.
    TrialAttributes = 4,
    /// The prices.
    Prices = 5,
    /// The related products.
    RelatedProducts = 6,
}

/// The unit of a trial's length; sent as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema_repr))]
#[repr(u8)]
pub enum TrialDurationType {
    /// Days.
    #[default]
    Days = 0,
    /// Months.
    Months = 1,
}

/// The relation of another product to this one; sent as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema_repr))]
#[repr(u8)]
pub enum Relation {
    /// This product can be upgraded to the other.
    Upgrade = 5,
    /// An account cannot have both.
    MutuallyExcluded = 6,
}

super::numbered!(Derivative, ChargeType, UnitBillingCycle, UpdateOption, TrialDurationType, Relation);
