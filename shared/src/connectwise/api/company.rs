//! Companies: the MSP's customers.

use serde::{Deserialize, Deserializer};

use crate::connectwise::query::Condition;
use crate::connectwise::{CompanyId, ContactId, Entity, ListRequest, Reference, SingleRequest};

/// Name of ConnectWise's own type of companies that are no customers yet.
const PROSPECT: &str = "Prospect";

/// A company.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// The company's id.
    pub id: CompanyId,
    /// The company's short code.
    #[serde(default)]
    pub identifier: String,
    /// The company's name.
    #[serde(default)]
    pub name: String,
    /// Name of the company's status. The MSP defines statuses, so their meaning is unknown.
    #[serde(default, deserialize_with = "name")]
    pub status: Option<String>,
    /// The company's main contact.
    #[serde(default)]
    pub default_contact: Option<Reference<ContactId>>,
    /// `true` if the company is in the recycle bin.
    #[serde(default)]
    pub deleted_flag: bool,
}

impl Entity for Company {
    const FIELDS: &'static str = "id,identifier,name,status/name,defaultContact,deletedFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists the companies that are not deleted, ordered by name.
pub fn active() -> ListRequest<Company> {
    ListRequest::all("companies", "/company/companies")
        .with_condition(Condition::flag("deletedFlag", false))
        .filtered_by(|company: &Company| !company.deleted_flag)
        .ordered_by("name")
}

/// Lists all companies, also those in the recycle bin.
pub fn all() -> ListRequest<Company> {
    ListRequest::all("all-companies", "/company/companies")
}

/// The names of a company, by which a customer of the vendor may be recognized.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The company's id.
    pub id: CompanyId,
    /// The company's short code.
    #[serde(default)]
    pub identifier: String,
    /// The company's name.
    #[serde(default)]
    pub name: String,
    /// The address of its website, as people entered it.
    #[serde(default)]
    pub website: Option<String>,
    /// `true` if the company is a lead.
    #[serde(default)]
    pub lead_flag: bool,
    /// The company's types, which the MSP defines.
    #[serde(default)]
    pub types: Option<Vec<Type>>,
    /// `true` if the company is in the recycle bin.
    #[serde(default)]
    pub deleted_flag: bool,
}

/// A type of companies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Type {
    /// The name.
    #[serde(default)]
    pub name: String,
}

impl Profile {
    /// Returns `true` if the company is no customer yet: it is a lead, or of the type `Prospect`.
    pub fn is_prospect(&self) -> bool {
        let is_of_type = |of: &Type| of.name.trim().eq_ignore_ascii_case(PROSPECT);
        self.lead_flag || self.types.iter().flatten().any(is_of_type)
    }
}

impl Entity for Profile {
    const FIELDS: &'static str = "id,identifier,name,website,leadFlag,types,deletedFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists the names of all companies, also of those in the recycle bin.
pub fn profiles() -> ListRequest<Profile> {
    ListRequest::all("company-profiles", "/company/companies")
}

/// Gets a company.
pub fn get(id: CompanyId) -> SingleRequest<Company> {
    SingleRequest::get("company", format!("/company/companies/{id}"))
}

/// Reads only the name of a reference.
fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        name: Option<String>,
    }
    Ok(Option::<Named>::deserialize(deserializer)?.and_then(|named| named.name))
}
