//! Contacts of companies.

use serde::Deserialize;

use crate::connectwise::query::Condition;
use crate::connectwise::{CompanyId, ContactId, Entity, ListRequest, Reference};

/// A contact.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contact {
    /// The contact's id.
    pub id: ContactId,
    #[serde(default)]
    first_name: Option<String>,
    #[serde(default)]
    last_name: Option<String>,
    /// The company that the contact belongs to.
    #[serde(default)]
    pub company: Option<Reference<CompanyId>>,
    #[serde(default)]
    inactive_flag: bool,
}

impl Contact {
    /// Returns the contact's first and last name.
    pub fn name(&self) -> String {
        let parts = [&self.first_name, &self.last_name].into_iter().flatten().map(|part| part.trim());
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

impl Entity for Contact {
    const FIELDS: &'static str = "id,firstName,lastName,company,inactiveFlag";

    fn id(&self) -> u32 {
        self.id.get()
    }
}

/// Lists the contact with this id, if it is active.
pub fn with_id(contact: ContactId) -> ListRequest<Contact> {
    ListRequest::all("contact", "/company/contacts")
        .with_condition(Condition::number("id", contact.get()))
        .filtered_by(|contact: &Contact| !contact.inactive_flag)
}

/// Lists the active contacts of a company, ordered by first name.
pub fn of_company(company: CompanyId) -> ListRequest<Contact> {
    ListRequest::all("contacts", "/company/contacts")
        .with_condition(Condition::number("company/id", company.get()))
        .filtered_by(|contact: &Contact| !contact.inactive_flag)
        .ordered_by("firstName")
}
