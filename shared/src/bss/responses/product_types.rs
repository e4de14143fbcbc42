//! The services on offer and the attributes that describe them.

use serde::{Serialize, Serializer};

use super::ProductsCollection;
use crate::bss::TextMap;

/// Answer of `service/definitions`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProductTypeCollection {
    /// The services.
    pub product_types: Vec<ProductTypeDefinition>,
}

/// A service on offer.
#[expect(clippy::struct_excessive_bools, reason = "the library's type has them")]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProductTypeDefinition {
    /// Comes back as `ServiceType`.
    #[serde(rename = "ID")]
    pub id: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Where its customers manage it.
    pub portal_url: Option<String>,
    /// Customers may only request updates.
    pub enforce_customer_request_update: bool,
    /// An account may have more than one.
    pub allow_multiple_subscriptions: bool,
    /// A customer's request to cancel an add-on is carried out at once.
    pub auto_execute_addon_cancel_request: bool,
    /// A customer's request to cancel is carried out at once.
    pub auto_execute_subscription_cancel_request: bool,
    /// A customer's request to downgrade is carried out at once.
    pub auto_execute_subscription_downgrade_request: bool,
    /// Greatest quantity of an order; 0: none.
    pub quantity_limit: u32,
    /// The operator can't change the limit.
    pub quantity_limit_locked: bool,
    /// Who may have it.
    pub scope: Scope,
    /// Links shown with it.
    pub service_links: Vec<ServiceLink>,
    /// Always null: its shape is not public.
    pub restrictions: (),
    /// The attributes of its products and orders.
    pub attribute_list: Vec<AttributeDefinition>,
    /// Always null: its shape is not public.
    pub rule_list: (),
    /// Always null: its shape is not public.
    pub extra_info: (),
    /// The products and add-ons to be made in the BSS's catalog.
    pub products_collection: ProductsCollection,
    /// What kind of thing is sold.
    pub derivative: Derivative,
    /// Each unit becomes a subscription.
    pub split_quantity: bool,
    /// The manager tells whether a product is active.
    pub define_product_state: bool,
}

/// Who may have a service; travels as its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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

/// What kind of thing is sold; travels as its number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Derivative {
    /// Not told (`NULL`).
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

super::numbered!(Scope, Derivative);

/// A link shown with a service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceLink {
    /// Label.
    pub title: String,
    /// Help text.
    pub description: Option<String>,
    /// Address.
    #[serde(rename = "URL")]
    pub url: String,
}

/// An attribute of products or orders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeDefinition {
    /// Comes back as the key in `AttributeList`.
    #[serde(rename = "ID")]
    pub id: String,
    /// Place in the form.
    pub sort_order: u32,
    /// Label.
    pub name: String,
    /// Help text.
    pub description: Option<String>,
    /// Who gives its value, and when.
    pub usage: AttributeUsage,
    /// That `Usage` counts.
    pub usage_specified: Specified,
    /// How it is filled in.
    pub kind: AttributeKind,
    /// That `Kind` counts.
    pub kind_specified: Specified,
    /// Must be filled in.
    pub is_required: bool,
    /// The value counts once per unit of quantity.
    pub linked_to_quantity: bool,
    /// "Unlimited" may be picked.
    pub allow_unlimited: bool,
    /// Choices of a list.
    pub predefined_values: Vec<AttributeValue>,
    /// Least value of a slider.
    pub slider_min: i64,
    /// Greatest value of a slider.
    pub slider_max: i64,
    /// Step of a slider.
    pub slider_step: i64,
}

/// `true`: .NET's way to say that the member before it is set; ours always is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Specified;

impl Serialize for Specified {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}

/// Who gives an attribute's value, and when; travels as its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum AttributeUsage {
    /// Whoever makes the product.
    #[default]
    ProductCharacteristic,
    /// Whoever orders.
    OrderCharacteristic,
    /// Nobody sees it.
    HiddenCharacteristic,
}

/// How an attribute is filled in; travels as its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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
    /// Some of the predefined values.
    PredefinedChooseMany,
    /// Any values.
    CustomMultipleValues,
    /// A number within bounds.
    Slider,
}

/// A choice of an attribute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeValue {
    /// Id.
    #[serde(rename = "ID")]
    pub id: String,
    /// Comes back as the attribute's `Code`.
    pub code: String,
    /// Label.
    pub name: String,
    /// Picked at first.
    pub is_default: bool,
    /// The BSS's own; 0.
    pub resource_id: i64,
    /// Come back with the attribute; null if there are none.
    pub extra_parameters: Option<TextMap>,
}
