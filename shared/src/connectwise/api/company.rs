//! Companies: the MSP's customers.

use serde::{Deserialize, Deserializer};

use crate::connectwise::query::Conditions;
use crate::connectwise::{CompanyId, List, One, Record};

/// A company.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Company {
    /// Its number.
    pub id: CompanyId,
    /// Its short code.
    #[serde(default)]
    pub identifier: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// The name of its status, which is the MSP's own: what it means is not known.
    #[serde(default, deserialize_with = "name")]
    pub status: Option<String>,
}

impl Record for Company {
    const FIELDS: &'static str = "id,identifier,name,status/name";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// The companies that are not deleted, by name.
pub fn active() -> List<Company> {
    List::all("companies", "/company/companies").only(Conditions::new().flag("deletedFlag", false)).by("name")
}

/// One company.
pub fn get(id: CompanyId) -> One<Company> {
    One::get("company", format!("/company/companies/{id}"))
}

/// The name of a reference of which nothing else is asked for.
fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Named {
        #[serde(default)]
        name: Option<String>,
    }
    Ok(Option::<Named>::deserialize(deserializer)?.and_then(|named| named.name))
}
