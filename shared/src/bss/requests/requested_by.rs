//! The person or program that placed an order in the BSS.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::bss::lenient::text;

/// The person or program that placed an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct RequestedBy {
    /// First name.
    #[serde(rename = "firstname", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "FirstName"))]
    pub first_name: String,
    /// Last name.
    #[serde(rename = "lastname", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "LastName"))]
    pub last_name: String,
    /// The name that the BSS shows.
    #[serde(rename = "displayname", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "DisplayName"))]
    pub display_name: String,
    /// The email address.
    #[serde(deserialize_with = "text")]
    pub email: String,
    /// Where the order was placed: `BSS`, `Storefront`, `API` or `Unknown`.
    #[serde(rename = "type", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "Type"))]
    pub kind: String,
}

/// Deserializes the requester of an order. One of another form is an unknown one: an order does not fail because of it.
pub(super) fn requested_by<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RequestedBy, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}
