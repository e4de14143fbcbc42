//! The choices for tickets: what a service board offers, and the check of what was chosen.

use std::collections::HashSet;

use serde::Serialize;

use crate::connectwise::api::board::{self, Status};
use crate::connectwise::api::ticket_field::{self, CustomField, CustomFieldType, CustomFieldValue, FieldValue};
use crate::connectwise::{BoardId, Client, ConnectWiseError, CustomFieldId, StatusId};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::FieldErrors;
use crate::store::TicketMapping;

/// Greatest number of custom fields with a value.
const MAX_CUSTOM_FIELDS: usize = 50;

/// Greatest number of characters of a custom field's text.
const MAX_TEXT: usize = 1000;

/// The choices for tickets on a service board.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BoardOptions {
    /// The board's active statuses.
    statuses: Vec<StatusOption>,
    /// The board's active ticket types.
    ticket_types: Vec<TicketOption>,
    /// The priorities.
    priorities: Vec<TicketOption>,
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

/// A ticket type or a priority.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct TicketOption {
    /// `true` if it is ConnectWise's default.
    default: bool,
    id: u32,
    name: String,
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

const fn type_name(kind: CustomFieldType) -> &'static str {
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
    let priorities = client.list_all(&ticket_field::priorities()).await?;
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
    Ok(BoardOptions {
        statuses: statuses.into_iter().map(status).collect(),
        ticket_types: types
            .into_iter()
            .map(|found| TicketOption { default: found.default_flag, id: found.id.get(), name: found.name })
            .collect(),
        priorities: priorities
            .into_iter()
            .map(|found| TicketOption { default: found.default_flag, id: found.id.get(), name: found.name })
            .collect(),
        custom_fields,
    })
}

/// Checks the choices against what ConnectWise has.
///
/// # Errors
/// [`ErrorCode::FieldsInvalid`](crate::domain::error_code::ErrorCode::FieldsInvalid), with one text per invalid choice, and
/// the errors of ConnectWise.
pub async fn check(client: &Client<'_>, choices: &TicketMapping) -> Result<(), ServiceError> {
    let boards = client.list_all(&board::boards()).await?;
    let Some(board) = boards.iter().find(|board| board.id == choices.board) else {
        return Err(FieldErrors::single("board", "It is not an active service board. Choose one of settings/options."));
    };
    let unknown = |what: &str| {
        format!(
            "It is not an active {what} of the board {}. Choose one of settings/options?board={}.",
            board.name, board.id
        )
    };
    let mut errors = FieldErrors::new();
    let statuses = client.list_all(&board::statuses(choices.board)).await?;
    let mut status = |field, id: StatusId| {
        let found = statuses.iter().find(|status| status.id == id);
        if found.is_none() {
            errors.add(field, unknown("status"));
        }
        found
    };
    let new = status("newStatus", choices.new_status);
    let closed = status("closedStatus", choices.closed_status);
    status("cancelledStatus", choices.cancelled_status);
    if let Some(new) = new.filter(|new| new.closed_status) {
        errors.add("newStatus", format!("The status {} closes a ticket. Choose one that does not.", new.name));
    }
    if let Some(closed) = closed.filter(|closed| !closed.closed_status) {
        errors.add(
            "closedStatus",
            format!(
                "The status {} does not close a ticket. Choose one that does, or set \"Closed\" for it on the board in ConnectWise.",
                closed.name
            ),
        );
    }
    if let Some(id) = choices.ticket_type {
        let types = client.list_all(&ticket_field::types(choices.board)).await?;
        if !types.iter().any(|found| found.id == id) {
            errors.add("ticketType", unknown("ticket type"));
        }
    }
    if let Some(id) = choices.priority {
        let priorities = client.list_all(&ticket_field::priorities()).await?;
        if !priorities.iter().any(|found| found.id == id) {
            errors.add(
                "priority",
                format!("ConnectWise has no such priority. Choose one of settings/options?board={}.", board.id),
            );
        }
    }
    if let Some(problem) = custom_fields_problem(client, choices).await? {
        errors.add("customFields", problem);
    }
    errors.into_result()
}

/// Returns the custom fields of tickets, or ConnectWise's refusal to show them.
async fn custom_fields(client: &Client<'_>) -> Result<Result<Vec<CustomField>, ConnectWiseError>, ServiceError> {
    match client.list_all(&ticket_field::custom_fields()).await {
        Err(
            refusal @ (ConnectWiseError::Forbidden { .. }
            | ConnectWiseError::NotFound { .. }
            | ConnectWiseError::Rejected(_)),
        ) => Ok(Err(refusal)),
        fields => Ok(Ok(fields?)),
    }
}

/// Returns what is wrong with the values of custom fields, if anything.
async fn custom_fields_problem(client: &Client<'_>, choices: &TicketMapping) -> Result<Option<String>, ServiceError> {
    let values = &choices.custom_fields;
    if values.is_empty() {
        return Ok(None);
    }
    if values.len() > MAX_CUSTOM_FIELDS {
        return Ok(Some(format!("At most {MAX_CUSTOM_FIELDS} custom fields can have a value.")));
    }
    let fields = match custom_fields(client).await? {
        Ok(fields) => fields,
        Err(refusal) => return Ok(Some(format!("The custom fields could not be read. {}", refusal.user_message()))),
    };
    let mut seen: HashSet<CustomFieldId> = HashSet::new();
    Ok(values.iter().find_map(|given| value_problem(given, &fields, seen.insert(given.id), choices.board)))
}

fn value_problem(given: &CustomFieldValue, fields: &[CustomField], is_first: bool, board: BoardId) -> Option<String> {
    let id = given.id;
    let Some(field) = fields.iter().find(|field| field.id == id) else {
        return Some(format!(
            "ConnectWise has no custom field {id} of tickets that can be filled in. Choose one of settings/options?board={board}."
        ));
    };
    if !is_first {
        return Some(format!("The custom field {} has more than one value.", field.caption));
    }
    if matches!(&given.value, FieldValue::Text(text) if text.chars().count() > MAX_TEXT) {
        return Some(format!("The value of the custom field {} has more than {MAX_TEXT} characters.", field.caption));
    }
    if field.accepts(&given.value) {
        return None;
    }
    let choices: Vec<_> = field.choices().collect();
    Some(if choices.is_empty() {
        format!(
            "The custom field {} has the type {}, so the value does not fit.",
            field.caption,
            type_name(field.field_type_identifier)
        )
    } else {
        format!("The custom field {} has one of these values: {}.", field.caption, choices.join(", "))
    })
}
