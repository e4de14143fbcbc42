//! What the BSS sends: the members that a service manager acts on or logs. All others are ignored.
//!
//! Every member may be absent. Text is then empty, which to the BSS means the same ("`ExternalID` is empty until the first
//! success"). Read a body with [`parse`](super::parse) only: the member names below are in its lower case.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::TextMap;
use crate::bss::lenient::{Object, any_value, boolean, id, integer, map, object, objects, text};

mod account;
#[cfg(test)]
mod tests;

pub use account::{AccountDefinition, Address, ContactDetails, Place};

/// The settings that a partner has filled in (`fields/validate`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FieldCollection {
    /// The filled fields.
    #[serde(deserialize_with = "objects")]
    pub fields: Vec<Field>,
}

impl FieldCollection {
    /// What was filled in for the field of that id, in any letter case, without surrounding white space; empty if nothing.
    pub fn value(&self, id: &str) -> &str {
        let field = self.fields.iter().find(|field| field.id.eq_ignore_ascii_case(id));
        field.and_then(|field| field.value.as_deref()).map_or("", str::trim)
    }
}

/// A filled field. Its `Debug` leaves the value out: it may be a credential.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Field {
    /// As declared by `fields/get`, in any letter case.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// What was filled in; several values are joined with `|`, as they are in the settings headers.
    #[serde(deserialize_with = "any_value")]
    pub value: Option<String>,
}

impl fmt::Debug for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Field").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A subscription as it is wished: the whole state, never a delta.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ServiceDefinition {
    /// The id that we answered; empty on create.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The BSS's id of the subscription: the key of a create.
    #[serde(rename = "subscriptionid", deserialize_with = "id")]
    pub subscription_id: String,
    /// The BSS's id of the subscription that this one replaces.
    #[serde(rename = "originalsubscriptionid", deserialize_with = "id")]
    pub original_subscription_id: String,
    /// Its name in the BSS.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Id of the product type (`service/definitions`).
    #[serde(rename = "servicetype", deserialize_with = "id")]
    pub service_type: String,
    /// The product: the BSS's id or the vendor's, the sources disagree.
    #[serde(rename = "productid", deserialize_with = "id")]
    pub product_id: String,
    /// What is to be done; `None` on the parent of an add-on call.
    #[serde(rename = "actiontype", deserialize_with = "text")]
    pub action_type: ActionType,
    /// Units (seats) wished.
    #[serde(deserialize_with = "integer")]
    pub quantity: Option<i64>,
    /// What the BSS holds its state to be.
    #[serde(deserialize_with = "text")]
    pub status: SubscriptionStatus,
    /// Whose it is.
    #[serde(deserialize_with = "object")]
    pub account: AccountDefinition,
    /// By lower-case id; look up with [`attribute`](Self::attribute).
    #[serde(rename = "attributelist", deserialize_with = "attributes")]
    pub attribute_list: BTreeMap<String, ServiceAttribute>,
    /// `None` when absent or null, which is not the same as "no add-ons".
    #[serde(deserialize_with = "some_objects")]
    pub addons: Option<Vec<AddonDefinition>>,
    /// A subscription for tests.
    #[serde(rename = "istest", deserialize_with = "boolean")]
    pub is_test: bool,
    /// A trial.
    #[serde(rename = "istrial", deserialize_with = "boolean")]
    pub is_trial: Option<bool>,
    /// Answer as the real call would, but change nothing.
    #[serde(rename = "checkonly", deserialize_with = "boolean")]
    pub check_only: bool,
    /// What we answered as `AccountExtraInfo`.
    #[serde(rename = "extradetails", deserialize_with = "map")]
    pub extra_details: TextMap,
    /// How often it is billed.
    #[serde(rename = "billingcycle", deserialize_with = "some_object")]
    pub billing_cycle: Option<BillingCycle>,
}

impl ServiceDefinition {
    /// The attribute of that id, in any letter case.
    pub fn attribute(&self, id: &str) -> Option<&ServiceAttribute> {
        self.attribute_list.get(&id.to_lowercase())
    }
}

/// An attribute of a subscription or an add-on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ServiceAttribute {
    /// As declared by `service/definitions`; if it is not sent, the key that the attribute stood under, in lower case.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Its value; several are joined with `|`.
    #[serde(deserialize_with = "any_value")]
    pub value: Option<String>,
    /// The value's name in the external system.
    #[serde(rename = "valueexternal", deserialize_with = "any_value")]
    pub value_external: Option<String>,
    /// Code of the picked list value.
    #[serde(deserialize_with = "text")]
    pub code: String,
    /// The value counts once per unit of quantity.
    #[serde(rename = "quantitylinked", deserialize_with = "boolean")]
    pub quantity_linked: bool,
    /// The BSS's number of its data type.
    #[serde(rename = "datatype", deserialize_with = "integer")]
    pub data_type: Option<i64>,
    /// Further values.
    #[serde(rename = "extraparameters", deserialize_with = "map")]
    pub extra_parameters: TextMap,
}

/// An add-on of a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AddonDefinition {
    /// The id that we answered; empty on create.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The subscription's.
    #[serde(rename = "parentid", deserialize_with = "id")]
    pub parent_id: String,
    /// Its name in the BSS.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The add-on product.
    #[serde(rename = "productid", deserialize_with = "id")]
    pub product_id: String,
    /// What is to be done; `None`: it is only there.
    #[serde(rename = "actiontype", deserialize_with = "text")]
    pub action_type: ActionType,
    /// Units wished.
    #[serde(deserialize_with = "integer")]
    pub quantity: Option<i64>,
    /// By lower-case id; look up with [`attribute`](Self::attribute).
    #[serde(rename = "attributelist", deserialize_with = "attributes")]
    pub attribute_list: BTreeMap<String, ServiceAttribute>,
    /// What we answered as `AccountExtraInfo`.
    #[serde(rename = "extradetails", deserialize_with = "map")]
    pub extra_details: TextMap,
}

impl AddonDefinition {
    /// The attribute of that id, in any letter case.
    pub fn attribute(&self, id: &str) -> Option<&ServiceAttribute> {
        self.attribute_list.get(&id.to_lowercase())
    }
}

/// How often a subscription is billed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct BillingCycle {
    /// How many of `duration_type`.
    #[serde(deserialize_with = "integer")]
    pub duration: Option<i64>,
    /// The unit, as sent.
    #[serde(rename = "durationtype", deserialize_with = "text")]
    pub duration_type: String,
}

/// What is to be done with a subscription or an add-on; by name in any letter case, or by number in this order from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ActionType {
    /// Nothing; also if absent or empty.
    #[default]
    None,
    /// Create it.
    Provision,
    /// End it.
    Cancel,
    /// Block it.
    Suspend,
    /// Unblock it.
    Activate,
    /// To a greater product or quantity.
    Upgrade,
    /// To a lesser product or quantity.
    Downgrade,
    /// From trial to paid.
    UpgradeToPaid,
    /// One that we don't know, as sent.
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

/// The state of a subscription in the BSS; by name in any letter case, or by number in this order from 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// The BSS's "any" (0); also if absent or empty.
    #[default]
    All,
    /// In use.
    Active,
    /// Blocked.
    Suspended,
    /// Not yet, or no longer, in use.
    Inactive,
    /// Ended.
    Cancelled,
    /// To be ended by the BSS on its day.
    PendingCancellation,
    /// One that we don't know, as sent.
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

fn some_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    object(deserializer).map(Some)
}

fn some_objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Vec<T>>, D::Error> {
    objects(deserializer).map(Some)
}

/// A map of attributes by id, or a list of them, in which one without an id is of no use and skipped.
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
