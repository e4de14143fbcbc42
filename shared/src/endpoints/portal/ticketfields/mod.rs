//! Fields of a company's new tickets that differ from the settings.
//!
//! This file has the logic of `portal/ticketfields/…`: the paged list, the check and write, and the deletion.

pub mod delete;
pub mod list;
pub mod save;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::msp_connection::Connection;
use crate::connectwise::api::contact;
use crate::connectwise::api::ticket_field::{Level, TicketFields};
use crate::connectwise::{
    BoardId, Client, CompanyId, ConnectWiseError, ContactId, ItemId, PriorityId, SourceId, SubtypeId, TicketTypeId,
};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::settings::ticket_check;
use crate::endpoints::portal::{FieldErrors, PortalRequest, RequiredMember, companies, ensure_written, paging};
use crate::store::CompanyTicketFields;

/// Body of `portal/ticketfields/save`. What is left out is as in the settings.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveTicketFields {
    /// Company in ConnectWise.
    pub company: CompanyId,
    /// Type, one of the board's of the settings. With it, subtype and item are those given here, not those of the settings.
    #[serde(default)]
    pub ticket_type: Option<TicketTypeId>,
    /// Subtype, one of the type's.
    #[serde(default)]
    pub subtype: Option<SubtypeId>,
    /// Item, one that goes with the type and the subtype.
    #[serde(default)]
    pub item: Option<ItemId>,
    /// Priority.
    #[serde(default)]
    pub priority: Option<PriorityId>,
    /// Source.
    #[serde(default)]
    pub source: Option<SourceId>,
    /// Impact.
    #[serde(default)]
    pub impact: Option<Level>,
    /// Urgency.
    #[serde(default)]
    pub urgency: Option<Level>,
    /// Contact, one of the company's.
    #[serde(default)]
    pub contact: Option<ContactId>,
}

impl SaveTicketFields {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [companies::REQUIRED];

    fn fields(&self) -> TicketFields {
        let Self { ticket_type, subtype, item, priority, source, impact, urgency, .. } = *self;
        TicketFields { ticket_type, subtype, item, priority, source, impact, urgency }
    }
}

/// Body of `portal/ticketfields/delete`.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeleteTicketFields {
    /// Company in ConnectWise.
    pub company: CompanyId,
}

impl DeleteTicketFields {
    /// Members that a request must have, each with the text that is reported if it is missing.
    pub const REQUIRED: [RequiredMember; 1] = [companies::REQUIRED];
}

/// The fields of a company's tickets.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "CompanyTicketFields"))]
#[serde(rename_all = "camelCase")]
pub struct CompanyFieldsView {
    company: CompanyId,
    /// The board at the time of saving. Type, subtype and item apply to tickets on this board only.
    board: BoardId,
    #[serde(flatten)]
    fields: TicketFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<ContactId>,
    #[cfg_attr(feature = "openapi", schemars(with = "String", extend("format" = "date-time")))]
    updated_at: Timestamp,
}

impl From<CompanyTicketFields> for CompanyFieldsView {
    fn from(record: CompanyTicketFields) -> Self {
        let CompanyTicketFields { company, board, fields, contact, updated_at } = record;
        Self { company, board, fields, contact, updated_at }
    }
}

/// A page of the list.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema), schemars(rename = "TicketFieldsPage"))]
pub struct Page {
    ticketfields: Vec<CompanyFieldsView>,
    /// Value of the parameter `after` for the next page; `None` on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schemars(description = "Value of the parameter `after` for the next page; absent on the last page.")
    )]
    next: Option<String>,
}

/// Returns a page of the companies with fields of their own, ordered by number.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) for invalid parameters.
pub async fn list(portal: &PortalRequest<'_>) -> Result<Page, ServiceError> {
    let limit = paging::limit(&portal.query)?;
    let after = paging::after(&portal.query, |after| after.parse().ok().map(CompanyId::new))?;
    let rows = portal.call.app.store.companies_with_ticket_fields(portal.msp, after, limit).await?;
    let next = (rows.len() == limit).then(|| rows.last().map(|last| last.company.to_string())).flatten();
    Ok(Page { ticketfields: rows.into_iter().map(CompanyFieldsView::from).collect(), next })
}

/// Checks the fields of a company's tickets against ConnectWise, and writes them in place of the ones before. What failed is
/// tried again.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid), with one text per invalid field;
/// [`ErrorCode::ConnectWiseNotConfigured`](crate::domain::error_code::ErrorCode::ConnectWiseNotConfigured); the errors of
/// ConnectWise.
pub async fn save(portal: &PortalRequest<'_>, request: &SaveTicketFields) -> Result<CompanyFieldsView, ServiceError> {
    let connection = portal.connection().await?;
    let settings = connection.settings.as_ref().ok_or_else(Connection::not_configured_error)?;
    let (board, fields) = (settings.mapping.board, request.fields());
    if fields == TicketFields::default() && request.contact.is_none() {
        return Err(FieldErrors::single(
            "company",
            "At least one field must be given. To use those of the settings, call ticketfields/delete.",
        ));
    }
    let client = connection.client(portal.connectwise()?, portal.call.deadline, &portal.call.outbound_calls);
    let mut errors = FieldErrors::new();
    companies::check(&client, request.company, "company", &mut errors).await?;
    if fields.ticket_type.is_none() && fields.subtype.is_some() {
        errors.add("ticketType", "It is required with a subtype: type, subtype and item of a company go together.");
    } else {
        ticket_check::fields(&client, board, &fields, &mut errors).await?;
    }
    if let Some(contact) = request.contact {
        check_contact(&client, request.company, contact, &mut errors).await?;
    }
    errors.into_result()?;
    let store = &portal.call.app.store;
    let record = CompanyTicketFields {
        company: request.company,
        board,
        fields,
        contact: request.contact,
        updated_at: portal.now(),
    };
    let before = store.company_ticket_fields(portal.msp, request.company).await?;
    let is_same = |before: &CompanyTicketFields| {
        CompanyTicketFields { updated_at: before.updated_at, ..record.clone() } == *before
    };
    if let Some(before) = before.clone().filter(is_same) {
        return Ok(before.into());
    }
    replace(portal, request.company, before.as_ref(), Some(&record)).await?;
    // The fields before may have been the cause of a failure.
    store.request_retry(portal.msp, portal.now().as_millisecond()).await?;
    Ok(record.into())
}

/// Deletes the fields of a company's tickets: those of the settings apply again. Idempotent.
///
/// # Errors
/// The table did not answer.
pub async fn delete(portal: &PortalRequest<'_>, request: &DeleteTicketFields) -> Result<(), ServiceError> {
    let store = &portal.call.app.store;
    if let Some(before) = store.company_ticket_fields(portal.msp, request.company).await? {
        replace(portal, request.company, Some(&before), None).await?;
    }
    Ok(store.request_retry(portal.msp, portal.now().as_millisecond()).await?)
}

/// Writes the fields of a company's tickets, or deletes them, with the entry about it.
async fn replace(
    portal: &PortalRequest<'_>,
    company: CompanyId,
    before: Option<&CompanyTicketFields>,
    after: Option<&CompanyTicketFields>,
) -> Result<(), ServiceError> {
    let view = |fields: &CompanyTicketFields| CompanyFieldsView::from(fields.clone());
    let entry =
        portal.change(format!("ticket fields of {company}"), before.map(view).as_ref(), after.map(view).as_ref());
    let entry = entry.map(|entry| entry.with_customer(None, Some(company)));
    let store = &portal.call.app.store;
    let written = store.replace_company_ticket_fields(portal.msp, company, before, after, entry.as_ref()).await?;
    ensure_written(written)
}

async fn check_contact(
    client: &Client<'_>,
    company: CompanyId,
    id: ContactId,
    errors: &mut FieldErrors,
) -> Result<(), ServiceError> {
    let contacts = match client.list_all(&contact::with_id(id)).await {
        Err(refusal @ ConnectWiseError::Forbidden { .. }) => {
            errors.add("contact", format!("The contact could not be read. {}", refusal.user_message()));
            return Ok(());
        }
        contacts => contacts?,
    };
    let is_of_company = |found: &contact::Contact| found.company.as_ref().is_some_and(|owner| owner.id == company);
    if !contacts.iter().any(|found| found.id == id && is_of_company(found)) {
        errors.add(
            "contact",
            format!("It is not an active contact of the company {company}. Choose one of settings/options?company={company}."),
        );
    }
    Ok(())
}
