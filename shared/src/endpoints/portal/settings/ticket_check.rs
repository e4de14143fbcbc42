//! The check of the choices for tickets against what ConnectWise has.

use std::collections::HashSet;

use crate::connectwise::api::board;
use crate::connectwise::api::ticket_class;
use crate::connectwise::api::ticket_field::{self, CustomField, CustomFieldValue, FieldValue, TicketFields};
use crate::connectwise::{BoardId, Client, CustomFieldId, StatusId};
use crate::domain::error::ServiceError;
use crate::endpoints::portal::FieldErrors;
use crate::endpoints::portal::settings::ticket_choices::{custom_fields, type_name};
use crate::store::TicketMapping;

/// Greatest number of custom fields with a value.
const MAX_CUSTOM_FIELDS: usize = 50;

/// Greatest number of characters of a custom field's text.
const MAX_TEXT: usize = 1000;

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
    let unknown = || {
        format!(
            "It is not an active status of the board {}. Choose one of settings/options?board={}.",
            board.name, board.id
        )
    };
    let mut errors = FieldErrors::new();
    let statuses = client.list_all(&board::statuses(choices.board)).await?;
    let mut status = |field, id: StatusId| {
        let found = statuses.iter().find(|status| status.id == id);
        if found.is_none() {
            errors.add(field, unknown());
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
    fields(client, choices.board, &choices.fields, &mut errors).await?;
    if let Some(problem) = custom_fields_problem(client, choices).await? {
        errors.add("customFields", problem);
    }
    errors.into_result()
}

/// Checks the fields of tickets on a board, and adds one text per invalid field. Only the lists of chosen fields are read.
///
/// # Errors
/// The errors of ConnectWise.
pub async fn fields(
    client: &Client<'_>,
    board: BoardId,
    chosen: &TicketFields,
    errors: &mut FieldErrors,
) -> Result<(), ServiceError> {
    let options = format!("Choose one of settings/options?board={board}.");
    let not_of_board = |what: &str| format!("It is not an active {what} of the board. {options}");
    if let Some(id) = chosen.ticket_type {
        let types = client.list_all(&ticket_field::types(board)).await?;
        if !types.iter().any(|found| found.id == id) {
            errors.add("ticketType", not_of_board("ticket type"));
        }
    }
    class(client, board, chosen, errors).await?;
    if let Some(id) = chosen.priority {
        let priorities = client.list_all(&ticket_field::priorities()).await?;
        if !priorities.iter().any(|found| found.id == id) {
            errors.add("priority", format!("ConnectWise has no such priority. {options}"));
        }
    }
    if let Some(id) = chosen.source {
        let sources = client.list_all(&ticket_field::sources()).await?;
        if !sources.iter().any(|found| found.id == id) {
            errors.add("source", format!("ConnectWise has no such source. {options}"));
        }
    }
    Ok(())
}

/// Checks that the subtype goes with the type, and the item with both.
async fn class(
    client: &Client<'_>,
    board: BoardId,
    chosen: &TicketFields,
    errors: &mut FieldErrors,
) -> Result<(), ServiceError> {
    let options = format!("Choose one of settings/options?board={board}.");
    let Some(subtype) = chosen.subtype else {
        if chosen.item.is_some() {
            errors.add("item", "An item needs a subtype. Choose subtype as well, or leave out the item.");
        }
        return Ok(());
    };
    let Some(ticket_type) = chosen.ticket_type else {
        errors.add("subtype", "A subtype needs a type. Choose ticketType as well, or leave out the subtype.");
        return Ok(());
    };
    let subtypes = client.list_all(&ticket_class::subtypes(board)).await?;
    let associations = client.list_all(&ticket_class::associations(board)).await?;
    if !subtypes.iter().any(|found| found.id == subtype) {
        errors.add("subtype", format!("It is not an active subtype of the board. {options}"));
    } else if !associations.iter().any(|row| row.joins(ticket_type, subtype)) {
        errors.add("subtype", format!("The subtype does not go with the type {ticket_type}. {options}"));
    }
    let Some(item) = chosen.item else { return Ok(()) };
    let items = client.list_all(&ticket_class::items(board)).await?;
    if !items.iter().any(|found| found.id == item) {
        errors.add("item", format!("It is not an active item of the board. {options}"));
    } else if !associations.iter().any(|row| row.joins(ticket_type, subtype) && row.has_item(item)) {
        errors.add(
            "item",
            format!("The item does not go with the type {ticket_type} and the subtype {subtype}. {options}"),
        );
    }
    Ok(())
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
