//! The people of an MSP who sign in at its identity provider, and their roles.
//!
//! This file has the logic of `portal/people/…`: the paged list, the write and the removal. A change applies to the next request
//! of the person.

pub mod delete;
pub mod list;
pub mod save;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::error::ServiceError;
use crate::domain::person::PersonAddress;
use crate::domain::role::Role;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, ensure_written, paging};
use crate::store::PersonRecord;

/// Most people of an MSP.
const MAX_PEOPLE: usize = 500;

const ADDRESS: &str = "address";

/// Text for a text that is no address.
const NO_ADDRESS: &str = "It is not an email address, or has other letters than a to z before the @. Enter the one by which the identity provider knows the person.";

/// Body of `portal/people/save`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SavePerson {
    /// The email address by which the identity provider knows the person.
    pub address: String,
    /// The role.
    pub role: Role,
}

impl SavePerson {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 2] = [
        (ADDRESS, "It is required: the person's email address at the identity provider."),
        ("role", "It is required: owner, billing, support or readOnly."),
    ];
}

/// Body of `portal/people/delete`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeletePerson {
    /// The email address of the person.
    pub address: String,
}

impl DeletePerson {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [(ADDRESS, "It is required: an address of portal/people/list.")];
}

/// A person.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "Person"))]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    #[cfg_attr(feature = "openapi", schemars(with = "String"))]
    address: PersonAddress,
    role: Role,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    updated_at: Timestamp,
}

impl From<PersonRecord> for PersonView {
    fn from(record: PersonRecord) -> Self {
        let PersonRecord { address, role, added_at: _, updated_at, subject: _ } = record;
        Self { address, role, updated_at }
    }
}

/// A page of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "PeoplePage"))]
pub struct Page {
    people: Vec<PersonView>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
}

/// Returns a page of the people, ordered by address.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Page, ServiceError> {
    let limit = paging::limit(&portal.query)?;
    let after = paging::after(&portal.query, PersonAddress::parse)?;
    let people = portal.call.app.store.people(portal.msp, after.as_ref(), limit).await?;
    let next = people.last().filter(|_| people.len() == limit).map(|last| last.address.to_string());
    Ok(Page { people: people.into_iter().map(PersonView::from).collect(), next })
}

/// Adds a person, or changes the role of one. The same again changes nothing.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for a text that is no address, and if the
/// MSP has 500 others.
pub async fn save(portal: &PortalRequest<'_>, request: &SavePerson) -> Result<PersonView, ServiceError> {
    let store = &portal.call.app.store;
    let address = address(&request.address)?;
    let before = store.person(portal.msp, &address).await?;
    if let Some(before) = before.clone().filter(|before| before.role == request.role) {
        return Ok(before.into());
    }
    if before.is_none() && store.people(portal.msp, None, MAX_PEOPLE).await?.len() >= MAX_PEOPLE {
        let text = format!("There are {MAX_PEOPLE} people already. Remove those who no longer need the portal.");
        return Err(FieldErrors::single(ADDRESS, text));
    }
    let now = portal.now();
    let added_at = before.as_ref().map_or(now, |before| before.added_at);
    let subject = before.as_ref().and_then(|before| before.subject.clone());
    let after = PersonRecord { address, role: request.role, added_at, updated_at: now, subject };
    replace(portal, &after.address, before.as_ref(), Some(&after)).await?;
    Ok(after.into())
}

/// Removes a person. Idempotent.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for a text that is no address.
pub async fn delete(portal: &PortalRequest<'_>, request: &DeletePerson) -> Result<(), ServiceError> {
    let address = address(&request.address)?;
    match portal.call.app.store.person(portal.msp, &address).await? {
        Some(before) => replace(portal, &address, Some(&before), None).await,
        None => Ok(()),
    }
}

fn address(text: &str) -> Result<PersonAddress, ServiceError> {
    PersonAddress::parse(text).ok_or_else(|| FieldErrors::single(ADDRESS, NO_ADDRESS))
}

/// Writes a person, or removes it, with the entry about it.
async fn replace(
    portal: &PortalRequest<'_>,
    address: &PersonAddress,
    before: Option<&PersonRecord>,
    after: Option<&PersonRecord>,
) -> Result<(), ServiceError> {
    let view = |person: &PersonRecord| PersonView::from(person.clone());
    let entry = portal.change(format!("person {address}"), before.map(view).as_ref(), after.map(view).as_ref());
    let store = &portal.call.app.store;
    ensure_written(store.replace_person(portal.msp, address, before, after, entry.as_ref()).await?)
}
