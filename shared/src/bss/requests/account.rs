//! A customer or a reseller, and where it is.

use serde::Deserialize;

use super::some_object;
use crate::bss::TextMap;
use crate::bss::lenient::{boolean, id, map, object, text};

/// A customer or a reseller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AccountDefinition {
    /// The BSS's id; it never changes.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The id that we answered; empty until the first success.
    #[serde(rename = "externalid", deserialize_with = "id")]
    pub external_id: String,
    /// Not empty: the account is a reseller or a reseller's customer.
    #[serde(rename = "resellerid", deserialize_with = "id")]
    pub reseller_id: String,
    /// The id that we answered for the reseller.
    #[serde(rename = "resellerexternalid", deserialize_with = "id")]
    pub reseller_external_id: String,
    /// Company name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The BSS's short name of the account.
    #[serde(deserialize_with = "text")]
    pub code: String,
    /// Telephone.
    #[serde(deserialize_with = "text")]
    pub phone: String,
    /// Fax.
    #[serde(deserialize_with = "text")]
    pub fax: String,
    /// Web site.
    #[serde(deserialize_with = "text")]
    pub website: String,
    /// Email of the company; may be empty when the contact has one.
    #[serde(deserialize_with = "text")]
    pub email: String,
    /// An account for tests.
    #[serde(rename = "istest", deserialize_with = "boolean")]
    pub is_test: bool,
    /// Free text.
    #[serde(deserialize_with = "text")]
    pub description: String,
    /// What we answered as `AccountExtraInfo`.
    #[serde(rename = "extradetails", deserialize_with = "map")]
    pub extra_details: TextMap,
    /// The options that `accounts/syncoptions` declares, as filled in: `username`, `role`, `parent`, …
    #[serde(rename = "syncoptions", deserialize_with = "map")]
    pub sync_options: TextMap,
    /// The primary contact.
    #[serde(rename = "contactdetails", deserialize_with = "object")]
    pub contact_details: ContactDetails,
    /// The billing address, or the first. `None`: an older installation, or it has none.
    #[serde(deserialize_with = "some_object")]
    pub address: Option<Address>,
}

/// The primary contact of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ContactDetails {
    /// The BSS's id of the contact.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// First name.
    #[serde(rename = "firstname", deserialize_with = "text")]
    pub first_name: String,
    /// Last name.
    #[serde(rename = "lastname", deserialize_with = "text")]
    pub last_name: String,
    /// Telephone.
    #[serde(deserialize_with = "text")]
    pub phone: String,
    /// Fax.
    #[serde(deserialize_with = "text")]
    pub fax: String,
    /// Email.
    #[serde(deserialize_with = "text")]
    pub email: String,
}

/// An address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
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
    /// Post code.
    #[serde(rename = "postcode", deserialize_with = "text")]
    pub post_code: String,
    /// State, where the country has them: `CA`, `California`.
    #[serde(deserialize_with = "object")]
    pub state: Place,
    /// Country: `US`, `United States`.
    #[serde(deserialize_with = "object")]
    pub country: Place,
}

/// A state or a country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Its short code.
    #[serde(deserialize_with = "text")]
    pub code: String,
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: String,
}
