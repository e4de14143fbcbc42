//! Companies: the MSP's customers.

use serde::{Deserialize, Deserializer};

use crate::connectwise::query::Condition;
use crate::connectwise::{CompanyId, ContactId, Entity, ListRequest, Reference, SingleRequest};

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
