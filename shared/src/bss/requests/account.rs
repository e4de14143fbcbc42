//! Accounts in requests of the BSS: customers and resellers, with contact and address.

use serde::Deserialize;

use crate::bss::TextMap;
use crate::bss::lenient::{boolean, id, map, object, some_object, text};

/// An account: a customer or a reseller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct AccountDefinition {
    /// The BSS's id, which never changes.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ID"))]
    pub id: String,
    /// The external id that the service manager returned; empty until the first success.
    #[serde(rename = "externalid", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ExternalID"))]
    pub external_id: String,
    /// The BSS's id of the reseller. It is set for resellers and for their customers.
    #[serde(rename = "resellerid", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ResellerID"))]
    pub reseller_id: String,
    /// The external id that the service manager returned for the reseller.
    #[serde(rename = "resellerexternalid", deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ResellerExternalID"))]
    pub reseller_external_id: String,
    /// The name of the company.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The BSS's short name of the account.
    #[serde(deserialize_with = "text")]
    pub code: String,
    /// The telephone number.
    #[serde(deserialize_with = "text")]
    pub phone: String,
    /// The fax number.
    #[serde(deserialize_with = "text")]
    pub fax: String,
    /// The website.
    #[serde(deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "WebSite"))]
    pub website: String,
    /// The email address of the company; may be empty if the contact has one.
    #[serde(deserialize_with = "text")]
    pub email: String,
    /// `true` for a test account.
    #[serde(rename = "istest", deserialize_with = "boolean")]
    #[cfg_attr(feature = "openapi", schemars(rename = "IsTest"))]
    pub is_test: bool,
    /// Free text.
    #[serde(deserialize_with = "text")]
    pub description: String,
    /// The pairs that the service manager returned as `AccountExtraInfo`.
    #[serde(rename = "extradetails", deserialize_with = "map")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ExtraDetails"))]
    pub extra_details: TextMap,
    /// The values of the options that `accounts/syncoptions` declares: `username`, `role`, `parent`, …
    #[serde(rename = "syncoptions", deserialize_with = "map")]
    #[cfg_attr(feature = "openapi", schemars(rename = "SyncOptions"))]
    pub sync_options: TextMap,
    /// The primary contact.
    #[serde(rename = "contactdetails", deserialize_with = "object")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ContactDetails"))]
    pub contact_details: ContactDetails,
    /// The billing address, or the first address. `None` if the account has none, or the installation is older and does
    /// not send it.
    #[serde(deserialize_with = "some_object")]
    #[cfg_attr(
        feature = "openapi",
        schemars(
            description = "The billing address, or the first address. Absent if the account has none, and in older installations."
        )
    )]
    pub address: Option<Address>,
}

/// The primary contact of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct ContactDetails {
    /// The BSS's id of the contact.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "openapi", schemars(rename = "ID"))]
    pub id: String,
    /// First name.
    #[serde(rename = "firstname", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "FirstName"))]
    pub first_name: String,
    /// Last name.
    #[serde(rename = "lastname", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "LastName"))]
    pub last_name: String,
    /// The telephone number.
    #[serde(deserialize_with = "text")]
    pub phone: String,
    /// The fax number.
    #[serde(deserialize_with = "text")]
    pub fax: String,
    /// The email address.
    #[serde(deserialize_with = "text")]
    pub email: String,
}

/// A postal address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct Address {
    /// First line.
    #[serde(deserialize_with = "text")]
    pub address1: String,
    /// Second line.
    #[serde(deserialize_with = "text")]
    pub address2: String,
    /// City.
    #[serde(deserialize_with = "text")]
    pub city: String,
    /// The postal code.
    #[serde(rename = "postcode", deserialize_with = "text")]
    #[cfg_attr(feature = "openapi", schemars(rename = "PostCode"))]
    pub post_code: String,
    /// The state, for countries that have states: `CA`, `California`.
    #[serde(deserialize_with = "object")]
    pub state: Place,
    /// The country: `US`, `United States`.
    #[serde(deserialize_with = "object")]
    pub country: Place,
}

/// A state or a country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename_all = "PascalCase"))]
#[serde(default)]
pub struct Place {
    /// The short code.
    #[serde(deserialize_with = "text")]
    pub code: String,
    /// The name.
    #[serde(deserialize_with = "text")]
    pub name: String,
}
