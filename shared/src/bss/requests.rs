//! Requests of the BSS: the members that the service manager acts on or logs. All other members are ignored.
//!
//! Every member may be absent. An absent text is empty, because the BSS gives both the same meaning ("`ExternalID` is
//! empty until the first success"). Always read a body with [`parse`](super::parse), because the member names below are
//! in lower case.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::TextMap;
use crate::bss::lenient::{
    Object, any_value, boolean, id, integer, map, object, objects, some_object, some_objects, text,
};

mod account;
mod requested_by;
#[cfg(test)]
mod tests;

pub use account::{AccountDefinition, Address, ContactDetails, Place};
pub use requested_by::RequestedBy;
use requested_by::requested_by;

/// The settings that a partner entered (`fields/validate`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "FilledFieldCollection", rename_all = "PascalCase")
)]
#[serde(default)]
pub struct FieldCollection {
    /// The fields with their values.
    #[serde(deserialize_with = "objects")]
    pub fields: Vec<Field>,
}

impl FieldCollection {
    /// Returns the trimmed value of the field with this id, in any letter case. Returns an empty string if there is
    /// none.
    pub fn value(&self, id: &str) -> &str {
        let field = self.fields.iter().find(|field| field.id.eq_ignore_ascii_case(id));
        field.and_then(|field| field.value.as_deref()).map_or("", str::trim)
    }
}

/// A field with its value. `Debug` omits the value, which may be a credential.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "FilledField", rename_all = "PascalCase", description = "A field with its value.")
)]
#[serde(default)]
pub struct Field {
    /// The id declared by `fields/get`, in any letter case.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ID"))]
    pub id: String,
    /// The entered value. Several values are joined with `|`, as in the settings headers.
    #[serde(deserialize_with = "any_value")]
    pub value: Option<String>,
}

impl fmt::Debug for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Field").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The desired state of a subscription: always the complete state, never a delta.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct ServiceDefinition {
    /// The external id that the service manager returned; empty on create.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ID"))]
    pub id: String,
    /// The BSS's id of the subscription. It identifies a create.
    #[serde(rename = "subscriptionid", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "SubscriptionID"))]
    pub subscription_id: String,
    /// The BSS's id of the subscription that this one replaces.
    #[serde(rename = "originalsubscriptionid", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "OriginalSubscriptionID"))]
    pub original_subscription_id: String,
    /// The name in the BSS.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The id of the product type (`service/definitions`).
    #[serde(rename = "servicetype", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ServiceType"))]
    pub service_type: String,
    /// The id of the product: the BSS's or the vendor's. The sources disagree.
    #[serde(rename = "productid", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ProductID"))]
    pub product_id: String,
    /// The requested action; `None` on the parent of an add-on call.
    #[serde(rename = "actiontype", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ActionType", with = "String"))]
    pub action_type: ActionType,
    /// The desired number of units (seats).
    #[serde(deserialize_with = "integer")]
    pub quantity: Option<i64>,
    /// The state recorded in the BSS.
    #[serde(deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(with = "i64"))]
    pub status: SubscriptionStatus,
    /// The account that owns the subscription.
    #[serde(deserialize_with = "object")]
    pub account: AccountDefinition,
    /// The attributes, by id in lower case. Look them up with [`attribute`](Self::attribute).
    #[serde(rename = "attributelist", deserialize_with = "attributes")]
    #[cfg_attr(feature = "openapi", schemars(rename = "AttributeList", description = "The attributes, by id."))]
    pub attribute_list: BTreeMap<String, ServiceAttribute>,
    /// The add-ons. `None` if the member is absent or null, which does not mean "no add-ons".
    #[serde(deserialize_with = "some_objects")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "The add-ons. An absent or null member does not mean that there are none.")
    )]
    pub addons: Option<Vec<AddonDefinition>>,
    /// `true` for a test subscription.
    #[serde(rename = "istest", deserialize_with = "boolean")]
    #[cfg_attr(feature = "openapi", schemars(rename = "IsTest"))]
    pub is_test: bool,
    /// `true` for a trial.
    #[serde(rename = "istrial", deserialize_with = "boolean")]
    #[cfg_attr(feature = "openapi", schemars(rename = "IsTrial"))]
    pub is_trial: Option<bool>,
    /// `true` to answer as the real call would, without changing anything.
    #[serde(rename = "checkonly", deserialize_with = "boolean")]
    #[cfg_attr(feature = "openapi", schemars(rename = "CheckOnly"))]
    pub check_only: bool,
    /// The pairs that the service manager returned as `AccountExtraInfo`.
    #[serde(rename = "extradetails", deserialize_with = "map")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ExtraDetails"))]
    pub extra_details: TextMap,
    /// The billing cycle.
    #[serde(rename = "billingcycle", deserialize_with = "some_object")]
    #[cfg_attr(feature = "openapi", schemars(rename = "BillingCycle"))]
    pub billing_cycle: Option<BillingCycle>,
    /// The person or program that placed the order.
    #[serde(rename = "requestedby", deserialize_with = "requested_by")]
    #[cfg_attr(feature = "openapi", schemars(rename = "RequestedBy"))]
    pub requested_by: RequestedBy,
}

impl ServiceDefinition {
    /// Returns the attribute with this id, in any letter case.
    pub fn attribute(&self, id: &str) -> Option<&ServiceAttribute> {
        self.attribute_list.get(&id.to_lowercase())
    }
}

/// An attribute of a subscription or an add-on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct ServiceAttribute {
    /// The id declared by `service/definitions`. If it is not sent, the key of the attribute in the map, in lower case.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ID"))]
    pub id: String,
    /// The name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The value. Several values are joined with `|`.
    #[serde(deserialize_with = "any_value")]
    pub value: Option<String>,
    /// The value's name in the external system.
    #[serde(rename = "valueexternal", deserialize_with = "any_value")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ValueExternal"))]
    pub value_external: Option<String>,
    /// The code of the selected list value.
    #[serde(deserialize_with = "text")]
    pub code: String,
    /// `true` if the value counts once per unit of the quantity.
    #[serde(rename = "quantitylinked", deserialize_with = "boolean")]
    #[cfg_attr(feature = "openapi", schemars(rename = "QuantityLinked"))]
    pub quantity_linked: bool,
    /// The BSS's number of the data type.
    #[serde(rename = "datatype", deserialize_with = "integer")]
    #[cfg_attr(feature = "openapi", schemars(rename = "DataType"))]
    pub data_type: Option<i64>,
    /// Additional values.
    #[serde(rename = "extraparameters", deserialize_with = "map")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ExtraParameters"))]
    pub extra_parameters: TextMap,
}

/// An add-on of a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct AddonDefinition {
    /// The external id that the service manager returned; empty on create.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ID"))]
    pub id: String,
    /// The external id of the subscription.
    #[serde(rename = "parentid", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ParentID"))]
    pub parent_id: String,
    /// The name in the BSS.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The id of the add-on product.
    #[serde(rename = "productid", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ProductID"))]
    pub product_id: String,
    /// The requested action; `None` if the add-on is only listed.
    #[serde(rename = "actiontype", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ActionType", with = "String"))]
    pub action_type: ActionType,
    /// The desired number of units.
    #[serde(deserialize_with = "integer")]
    pub quantity: Option<i64>,
    /// The attributes, by id in lower case. Look them up with [`attribute`](Self::attribute).
    #[serde(rename = "attributelist", deserialize_with = "attributes")]
    #[cfg_attr(feature = "openapi", schemars(rename = "AttributeList", description = "The attributes, by id."))]
    pub attribute_list: BTreeMap<String, ServiceAttribute>,
    /// The pairs that the service manager returned as `AccountExtraInfo`.
    #[serde(rename = "extradetails", deserialize_with = "map")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ExtraDetails"))]
    pub extra_details: TextMap,
}

impl AddonDefinition {
    /// Returns the attribute with this id, in any letter case.
    pub fn attribute(&self, id: &str) -> Option<&ServiceAttribute> {
        self.attribute_list.get(&id.to_lowercase())
    }
}

/// The interval at which a subscription is billed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct BillingCycle {
    /// The length of the interval, in units of `duration_type`.
    #[serde(deserialize_with = "integer")]
    pub duration: Option<i64>,
    /// The unit, as received.
    #[serde(rename = "durationtype", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "DurationType"))]
    pub duration_type: String,
}

/// The action requested for a subscription or an add-on. It is read from its name, in any letter case, or from its
/// number, in this order from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ActionType {
    /// No action; also if the member is absent or empty.
    #[default]
    None,
    /// Create.
    Provision,
    /// End.
    Cancel,
    /// Suspend.
    Suspend,
    /// Lift a suspension.
    Activate,
    /// Change to a larger product or quantity.
    Upgrade,
    /// Change to a smaller product or quantity.
    Downgrade,
    /// Convert a trial to a paid subscription.
    UpgradeToPaid,
    /// An unknown value, as received.
    Other(String),
}

impl From<String> for ActionType {
    fn from(text: String) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "none" | "0" => Self::None,
            "provision" | "1" => Self::Provision,
            "cancel" | "2" => Self::Cancel,
            "suspend" | "3" => Self::Suspend,
            "activate" | "4" => Self::Activate,
            "upgrade" | "5" => Self::Upgrade,
            "downgrade" | "6" => Self::Downgrade,
            "upgradetopaid" | "7" => Self::UpgradeToPaid,
            _ => Self::Other(text),
        }
    }
}

/// The state of a subscription in the BSS. It is read from its name, in any letter case, or from its number, in this
/// order from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Any state (0); also if the member is absent or empty.
    #[default]
    All,
    /// In use.
    Active,
    /// Blocked.
    Suspended,
    /// Not in use: not yet activated, or deactivated.
    Inactive,
    /// Ended.
    Cancelled,
    /// The BSS will cancel it on the scheduled day.
    PendingCancellation,
    /// An unknown value, as received.
    Other(String),
}

impl From<String> for SubscriptionStatus {
    fn from(text: String) -> Self {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "all" | "0" => Self::All,
            "active" | "1" => Self::Active,
            "suspended" | "2" => Self::Suspended,
            "inactive" | "3" => Self::Inactive,
            "cancelled" | "4" => Self::Cancelled,
            "pendingcancellation" | "5" => Self::PendingCancellation,
            _ => Self::Other(text),
        }
    }
}

/// Deserializes a map of attributes by id, or a list of attributes. List elements without an id are skipped.
fn attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, ServiceAttribute>, D::Error> {
    deserializer.deserialize_any(Attributes)
}

struct Attributes;

impl<'de> Visitor<'de> for Attributes {
    type Value = BTreeMap<String, ServiceAttribute>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or a list of attributes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut attributes = BTreeMap::new();
        while let Some((key, Object(mut attribute))) = members.next_entry::<String, Object<ServiceAttribute>>()? {
            if attribute.id.is_empty() {
                attribute.id.clone_from(&key);
            }
            attributes.insert(key, attribute);
        }
        Ok(attributes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut attributes = BTreeMap::new();
        while let Some(Object(attribute)) = elements.next_element::<Object<ServiceAttribute>>()? {
            if !attribute.id.is_empty() {
                attributes.entry(attribute.id.to_lowercase()).or_insert(attribute);
            }
        }
        Ok(attributes)
    }
}
