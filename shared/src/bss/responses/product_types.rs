//! The services (product types) and the attributes that describe them.

use serde::{Serialize, Serializer};

use super::{Derivative, ProductsCollection};
use crate::bss::TextMap;

/// Response of `service/definitions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ProductTypeCollection {
    /// The services.
    pub product_types: Vec<ProductTypeDefinition>,
}

/// A service that is sold.
#[expect(clippy::struct_excessive_bools, reason = "the library's type has them")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ProductTypeDefinition {
    /// The id, which the BSS sends as `ServiceType`.
    #[serde(rename = "ID")]
    pub id: String,
    /// The name.
    pub name: String,
    /// The description.
    pub description: Option<String>,
    /// The URL at which customers manage the service.
    pub portal_url: Option<String>,
    /// `true` if customers can only request updates, not make them.
    pub enforce_customer_request_update: bool,
    /// `true` if an account can have more than one subscription.
    pub allow_multiple_subscriptions: bool,
    /// `true` if a customer's request to cancel an add-on is executed immediately.
    pub auto_execute_addon_cancel_request: bool,
    /// `true` if a customer's request to cancel a subscription is executed immediately.
    pub auto_execute_subscription_cancel_request: bool,
    /// `true` if a customer's request to downgrade is executed immediately.
    pub auto_execute_subscription_downgrade_request: bool,
    /// The maximum quantity of an order; 0 for no limit.
    pub quantity_limit: u32,
    /// `true` if the operator cannot change the limit.
    pub quantity_limit_locked: bool,
    /// The accounts that can have the service.
    pub scope: Scope,
    /// The links shown with the service.
    pub service_links: Vec<ServiceLink>,
    /// Always null, because its type is not public.
    pub restrictions: (),
    /// The attributes of products and orders of the service.
    pub attribute_list: Vec<AttributeDefinition>,
    /// Always null, because its type is not public.
    pub rule_list: (),
    /// Always null, because its type is not public.
    pub extra_info: (),
    /// The products and add-ons that the BSS creates in its catalog.
    pub products_collection: ProductsCollection,
    /// The kind of product.
    pub derivative: Derivative,
    /// `true` if each unit becomes a separate subscription.
    pub split_quantity: bool,
    /// `true` if the service manager determines which products are active.
    pub define_product_state: bool,
}

/// The accounts that can have a service; sent as a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema_repr))]
#[repr(u8)]
pub enum Scope {
    /// Customers.
    #[default]
    Customer = 0,
    /// Resellers.
    Reseller = 1,
    /// Both.
    Both = 2,
}

super::numbered!(Scope);

/// A link shown with a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct ServiceLink {
    /// The label.
    pub title: String,
    /// The help text.
    pub description: Option<String>,
    /// The URL.
    #[serde(rename = "URL")]
    pub url: String,
}

/// An attribute of products or orders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct AttributeDefinition {
    /// The id, which the BSS sends as the key in `AttributeList`.
    #[serde(rename = "ID")]
    pub id: String,
    /// The position in the form.
    pub sort_order: u32,
    /// The label.
    pub name: String,
    /// The help text.
    pub description: Option<String>,
    /// The party that sets the value.
    pub usage: AttributeUsage,
    /// Always `true`: `Usage` is set.
    #[cfg_attr(feature = "openapi", schemars(with = "bool", extend("const" = true)))]
    pub usage_specified: Specified,
    /// The kind of input.
    pub kind: AttributeKind,
    /// Always `true`: `Kind` is set.
    #[cfg_attr(feature = "openapi", schemars(with = "bool", extend("const" = true)))]
    pub kind_specified: Specified,
    /// `true` if a value is required.
    pub is_required: bool,
    /// `true` if the value counts once per unit of the quantity.
    pub linked_to_quantity: bool,
    /// `true` if "Unlimited" can be selected.
    pub allow_unlimited: bool,
    /// The choices of a list.
    pub predefined_values: Vec<AttributeValue>,
    /// The minimum of a slider.
    pub slider_min: i64,
    /// The maximum of a slider.
    pub slider_max: i64,
    /// The step of a slider.
    pub slider_step: i64,
}

/// Serializes as `true`. .NET uses such a flag to mark the member before it as set; here it always is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Specified;

impl Serialize for Specified {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

/// The party that sets an attribute's value; sent as its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum AttributeUsage {
    /// The operator, when the product is created.
    #[default]
    ProductCharacteristic,
    /// The customer, with the order.
    OrderCharacteristic,
    /// None: the attribute is hidden.
    HiddenCharacteristic,
}

/// The kind of input of an attribute; sent as its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub enum AttributeKind {
    /// Text.
    #[default]
    Text,
    /// A number.
    Numeric,
    /// A date and time.
    DateTime,
    /// Yes or no.
    Boolean,
    /// One of the predefined values.
    PredefinedChooseOne,
    /// Any number of the predefined values.
    PredefinedChooseMany,
    /// Any number of free values.
    CustomMultipleValues,
    /// A number within limits.
    Slider,
}

/// A choice of an attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct AttributeValue {
    /// The id.
    #[serde(rename = "ID")]
    pub id: String,
    /// The code, which the BSS sends as the attribute's `Code`.
    pub code: String,
    /// The label.
    pub name: String,
    /// `true` if the choice is preselected.
    pub is_default: bool,
    /// Reserved by the BSS; always 0.
    pub resource_id: i64,
    /// Pairs that the BSS sends back with the attribute; null if there are none.
    pub extra_parameters: Option<TextMap>,
}
