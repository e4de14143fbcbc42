//! The choices for tickets: what a service board offers.

use serde::Serialize;

use crate::connectwise::api::board::{self, Status};
use crate::connectwise::api::ticket_class::{self, Association};
use crate::connectwise::api::ticket_field::{self, CustomField, CustomFieldType};
use crate::connectwise::{BoardId, Client, ConnectWiseError, ItemId, StatusId, SubtypeId, TicketTypeId};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::FieldErrors;
use crate::endpoints::portal::settings::named_option::NamedOption;

/// The choices for tickets on a service board.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BoardOptions {
    /// The board's active statuses.
    statuses: Vec<StatusOption>,
    /// The board's active ticket types.
    ticket_types: Vec<TicketOption>,
    /// The board's active subtypes.
    subtypes: Vec<NamedOption>,
    /// The board's active items.
    items: Vec<NamedOption>,
    /// The types, subtypes and items that a ticket can have together.
    associations: Vec<AssociationOption>,
    /// The priorities.
    priorities: Vec<TicketOption>,
    /// The sources.
    sources: Vec<TicketOption>,
    /// The custom fields of tickets. Null if ConnectWise does not show them to the API member.
    custom_fields: Option<Vec<CustomFieldOption>>,
}

/// An active status of a board.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct StatusOption {
    /// `true` if the status closes a ticket.
    closes: bool,
    /// `true` if a new ticket has the status.
    default: bool,
    id: u32,
    name: String,
}

/// A ticket type, a priority or a source.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct TicketOption {
    /// `true` if it is ConnectWise's default.
    default: bool,
    id: u32,
    name: String,
}

/// A type, a subtype and an item that a ticket can have together.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AssociationOption {
    ticket_type: TicketTypeId,
    subtype: SubtypeId,
    /// Absent if the row concerns tickets without an item.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<ItemId>,
}

impl AssociationOption {
    /// Returns `None` for a row without a type or a subtype, which joins nothing.
    fn new(row: &Association) -> Option<Self> {
        let (ticket_type, subtype) = (row.ticket_type.as_ref()?.id, row.subtype.as_ref()?.id);
        Some(Self { ticket_type, subtype, item: row.item.as_ref().map(|item| item.id) })
    }
}

/// A custom field of tickets.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct CustomFieldOption {
    caption: String,
    /// The values to choose from. Empty if the field can have any value of its type.
    choices: Vec<String>,
    id: u32,
    /// `true` if people must fill in the field.
    required: bool,
    /// Type of the field's value: `checkbox`, `number` or `text`.
    r#type: &'static str,
}

impl From<CustomField> for CustomFieldOption {
    fn from(field: CustomField) -> Self {
        Self {
            choices: field.choices().map(str::to_owned).collect(),
            id: field.id.get(),
            required: field.required_flag,
            r#type: type_name(field.field_type_identifier),
            caption: field.caption,
        }
    }
}

pub(super) const fn type_name(kind: CustomFieldType) -> &'static str {
    match kind {
        CustomFieldType::Checkbox => "checkbox",
        CustomFieldType::Number => "number",
        CustomFieldType::Text => "text",
    }
}

/// Returns what tickets on a service board can have.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid) if there is no such board, and the
/// errors of ConnectWise.
pub async fn options(client: &Client<'_>, board: BoardId) -> Result<BoardOptions, ServiceError> {
    let statuses = match client.list_all(&board::statuses(board)).await {
        Err(ConnectWiseError::NotFound { .. }) => {
            return Err(FieldErrors::single(
                "board",
                "ConnectWise has no such service board. Choose one of settings/options.",
            ));
        }
        statuses => statuses?,
    };
    let types = client.list_all(&ticket_field::types(board)).await?;
    let subtypes = client.list_all(&ticket_class::subtypes(board)).await?;
    let items = client.list_all(&ticket_class::items(board)).await?;
    let associations = client.list_all(&ticket_class::associations(board)).await?;
    let priorities = client.list_all(&ticket_field::priorities()).await?;
    let sources = client.list_all(&ticket_field::sources()).await?;
    let custom_fields = match custom_fields(client).await? {
        Ok(fields) => Some(fields.into_iter().map(CustomFieldOption::from).collect()),
        // Most boards need none, so set-up does not depend on the right to read them.
        Err(refusal) => {
            tracing::warn!(error = %refusal, "custom fields not listed");
            None
        }
    };
    let status = |Status { id, name, closed_status, default_flag }| StatusOption {
        closes: closed_status,
        default: default_flag,
        id: StatusId::get(id),
        name,
    };
    // Some of the board's associations may be of inactive ones.
    let is_active = |row: &AssociationOption| {
        subtypes.iter().any(|found| found.id == row.subtype)
            && row.item.is_none_or(|item| items.iter().any(|found| found.id == item))
    };
    let associations = associations.iter().filter_map(AssociationOption::new).filter(is_active).collect();
    let option = |default, id, name| TicketOption { default, id, name };
    Ok(BoardOptions {
        statuses: statuses.into_iter().map(status).collect(),
        ticket_types: types.into_iter().map(|found| option(found.default_flag, found.id.get(), found.name)).collect(),
        subtypes: subtypes.into_iter().map(|found| NamedOption::new(found.id.get(), found.name)).collect(),
        items: items.into_iter().map(|found| NamedOption::new(found.id.get(), found.name)).collect(),
        associations,
        priorities: priorities
            .into_iter()
            .map(|found| option(found.default_flag, found.id.get(), found.name))
            .collect(),
        sources: sources.into_iter().map(|found| option(found.default_flag, found.id.get(), found.name)).collect(),
        custom_fields,
    })
}

/// Returns the custom fields of tickets, or ConnectWise's refusal to show them.
pub(super) async fn custom_fields(
    client: &Client<'_>,
) -> Result<Result<Vec<CustomField>, ConnectWiseError>, ServiceError> {
    match client.list_all(&ticket_field::custom_fields()).await {
        Err(
            refusal @ (ConnectWiseError::Forbidden { .. }
            | ConnectWiseError::NotFound { .. }
            | ConnectWiseError::Rejected(_)),
        ) => Ok(Err(refusal)),
        fields => Ok(Ok(fields?)),
    }
}
