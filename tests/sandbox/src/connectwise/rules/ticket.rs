//! Rules of tickets and their notes.

use serde_json::{Value, json};

use crate::connectwise::access::{Level, Module};
use crate::connectwise::date;
use crate::connectwise::definition::Resource;
use crate::connectwise::draft::Draft;
use crate::connectwise::reference::target;
use crate::connectwise::refusal::{Fault, Refusal};
use crate::connectwise::seed;
use crate::connectwise::state::{Context, Fields, Record, State, reference};

/// Fields of a new ticket that become its first notes, each with the flag of the note.
const FIRST_NOTES: [(&str, &str); 3] = [
    ("initialDescription", "detailDescriptionFlag"),
    ("initialInternalAnalysis", "internalAnalysisFlag"),
    ("initialResolution", "resolutionFlag"),
];

/// Sets the default board. Statuses and types are looked up on the ticket's board.
pub fn prepare(draft: &mut Draft) {
    draft.default("board", json!({ "id": seed::DEFAULT_BOARD }));
}

/// Sets defaults. Closing and reopening a ticket require a separate permission.
pub fn check(state: &State, context: &Context, draft: &mut Draft, before: Option<&Record>) -> Result<(), Refusal> {
    let board = draft.reference("board");
    if before.is_none() {
        let required = board.and_then(|board| state.settings.ticket_requires.get(&board));
        draft.require(&required.map(|names| names.join(" ")).unwrap_or_default());
    }
    check_custom_fields(state, draft, before.is_none());
    let statuses = state.all(Resource::BoardStatus);
    let mut usual = statuses.filter(|(_, status)| status.reference("board") == board && status.flag("defaultFlag"));
    if let Some((id, _)) = usual.next() {
        draft.default("status", json!({ "id": id }));
    }
    draft.default("priority", json!({ "id": seed::DEFAULT_PRIORITY }));
    draft.default("recordType", "ServiceTicket");
    draft.default("severity", "Medium");
    draft.default("impact", "Medium");
    check_place(state, draft, before);
    check_class(state, draft, before);
    let closed = |fields: &Fields| {
        target(state, fields, Resource::BoardStatus, "status").is_some_and(|(_, status)| status.flag("closedStatus"))
    };
    let (was_closed, is_closed) = (before.is_some_and(|before| closed(&before.fields)), closed(draft.fields()));
    if was_closed != is_closed {
        context.member.authorize(Module::CloseServiceTickets, Level::Edit)?;
        draft.set("closedDate", is_closed.then(|| date::text(context.now)));
        draft.set("closedBy", is_closed.then(|| context.member.identifier.clone()));
    }
    Ok(())
}

/// Rejects values of fields that tickets do not have, and of another type; and a new ticket without a required field.
fn check_custom_fields(state: &State, draft: &mut Draft, is_new: bool) {
    let fields: Vec<_> = ticket_fields(state).collect();
    let values = draft.fields().get("customFields").and_then(Value::as_array).cloned().unwrap_or_default();
    let id_of = |value: &Value| value["id"].as_u64().and_then(|id| u32::try_from(id).ok());
    for value in &values {
        let Some((id, field)) = fields.iter().find(|(id, _)| id_of(value) == Some(*id)) else {
            draft.refuse("NotFound", "customFields", format!("Custom Field {} not found", value["id"]));
            continue;
        };
        if !value["value"].is_null() && !fits(field, &value["value"]) {
            draft.refuse("InvalidField", "customFields", format!("The value of the custom field {id} is invalid."));
        }
    }
    let has_value = |id: u32| values.iter().any(|value| id_of(value) == Some(id) && !value["value"].is_null());
    for (id, field) in fields.iter().filter(|(_, field)| is_new && field.flag("requiredFlag")) {
        if !has_value(*id) {
            let caption = field.text("caption").unwrap_or_default();
            draft.refuse("MissingRequiredField", "customFields", format!("{caption} is required."));
        }
    }
}

/// Returns the custom fields of tickets.
pub fn ticket_fields(state: &State) -> impl Iterator<Item = (u32, &Record)> {
    state.all(Resource::CustomField).filter(|(_, field)| field.text("screenId") == Some(seed::TICKET_SCREEN))
}

fn fits(field: &Record, value: &Value) -> bool {
    let options = field.fields.get("options").and_then(Value::as_array).into_iter().flatten();
    let mut options = options.map(|option| &option["optionValue"]).peekable();
    match field.text("fieldTypeIdentifier") {
        Some("Checkbox") => value.is_boolean(),
        Some("Number" | "Currency" | "Percent") => value.is_number(),
        Some(_) | None => value.is_string() && (options.peek().is_none() || options.any(|option| option == value)),
    }
}

/// Rejects a board, status or company that is inactive or not selectable.
fn check_place(state: &State, draft: &mut Draft, before: Option<&Record>) {
    let fields = draft.fields().clone();
    let changed = |name: &str| before.is_none_or(|before| before.reference(name) != reference(&fields, name));
    let [board, status, company] = ["board", "status", "company"].map(changed);
    if let Some((id, _)) =
        target(state, &fields, Resource::Board, "board").filter(|(_, found)| board && found.flag("inactiveFlag"))
    {
        draft.refuse("NotFound", "board/id", format!("Service Board {id} is inactive"));
    }
    if let Some((id, found)) =
        target(state, &fields, Resource::BoardStatus, "status").filter(|(_, found)| status && found.flag("inactive"))
    {
        let board = found.reference("board").unwrap_or_default();
        draft.refuse("NotFound", "status/id", format!("Service Status {id} not found for Service Board {board}"));
    }
    let is_closed_to_tickets =
        |found: &Record| found.reference("status") == Some(seed::COMPANY_INACTIVE) || found.flag("deletedFlag");
    if let Some((id, _)) =
        target(state, &fields, Resource::Company, "company").filter(|(_, found)| company && is_closed_to_tickets(found))
    {
        draft.refuse("NotFound", "company/id", format!("Company {id} is inactive"));
    }
}

/// Rejects a subtype that does not go with the type, an item that does not go with both, what is inactive, and a contact who
/// has left.
fn check_class(state: &State, draft: &mut Draft, before: Option<&Record>) {
    let fields = draft.fields().clone();
    let changed = |name: &str| before.is_none_or(|before| before.reference(name) != reference(&fields, name));
    // One of another board is refused as such.
    let board = reference(&fields, "board");
    let on_board = |resource: Resource, name: &str| {
        target(state, &fields, resource, name).filter(|(_, found)| found.reference("board") == board).map(|(id, _)| id)
    };
    let kind = reference(&fields, "type");
    let subtype = on_board(Resource::ServiceSubtype, "subType");
    let item = on_board(Resource::ServiceItem, "item");
    let goes_together = |item: Option<u32>| {
        let mut rows = state.all(Resource::ServiceAssociation);
        rows.any(|(_, row)| {
            row.reference("type") == kind
                && row.reference("subType") == subtype
                && item.is_none_or(|item| row.reference("item") == Some(item))
        })
    };
    let is_changed = ["type", "subType", "item"].iter().any(|name| changed(name));
    if let Some(id) = subtype.filter(|_| is_changed && !goes_together(None)) {
        let of = kind.map(|kind| format!(" for Service Type {kind}")).unwrap_or_default();
        draft.refuse("NotFound", "subType/id", format!("Service SubType {id} not found{of}"));
    } else if let Some(id) = item.filter(|item| is_changed && (subtype.is_none() || !goes_together(Some(*item)))) {
        let of = subtype.map(|subtype| format!(" for Service SubType {subtype}")).unwrap_or_default();
        draft.refuse("NotFound", "item/id", format!("Service Item {id} not found{of}"));
    }
    for (name, resource) in [
        ("type", Resource::ServiceType),
        ("subType", Resource::ServiceSubtype),
        ("item", Resource::ServiceItem),
        ("contact", Resource::Contact),
    ] {
        let found = target(state, &fields, resource, name);
        if let Some((id, _)) = found.filter(|(_, found)| changed(name) && found.flag("inactiveFlag")) {
            let label = resource.definition().label;
            draft.refuse("NotFound", &format!("{name}/id"), format!("{label} {id} is inactive"));
        }
    }
}

/// Removes the initial texts from a new ticket and returns them as fields of notes.
pub fn take_initial_notes(fields: &mut Fields) -> Vec<Fields> {
    let mut notes = Vec::new();
    for (name, flag) in FIRST_NOTES {
        let text = fields.remove(name).filter(|text| text.as_str().is_some_and(|text| !text.trim().is_empty()));
        if let Some(text) = text {
            notes.push(Fields::from_iter([("text".to_owned(), text), (flag.to_owned(), Value::Bool(true))]));
        }
    }
    fields.remove("initialDescriptionFrom");
    fields.remove("contactEmailLookup");
    notes
}

/// Sets the author of a note, and requires at least one place where it is shown.
pub fn check_note(state: &State, context: &Context, draft: &mut Draft, before: Option<&Record>) {
    if !FIRST_NOTES.iter().any(|(_, flag)| draft.flag(flag)) {
        draft.refuse("InvalidField", "detailDescriptionFlag", "Please choose where to display the notes.");
    }
    for (_, flag) in FIRST_NOTES {
        draft.default(flag, false);
    }
    if before.is_none() {
        draft.set("member", state.member(&context.member.identifier).map(|id| json!({ "id": id })));
        draft.set("createdBy", context.member.identifier.clone());
        draft.set("dateCreated", date::text(context.now));
    }
}

/// Rejects a configuration of another company than the ticket's or agreement's.
pub fn is_of_company(state: &State, holder: (Resource, u32), configuration: u32) -> Result<(), Refusal> {
    let company = state.get(holder.0, holder.1)?.reference("company");
    let found = state.find(Resource::Configuration, configuration);
    if found.is_some_and(|found| found.reference("company") == company) {
        return Ok(());
    }
    let place = company.map(|company| format!(" for Company {company}")).unwrap_or_default();
    let fault = Fault {
        code: "NotFound",
        message: format!("Configuration {configuration} not found{place}"),
        resource: "configurationReference",
        field: "id".to_owned(),
    };
    Err(Refusal::Invalid("configurationReference", vec![fault]))
}
