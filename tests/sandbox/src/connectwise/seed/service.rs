//! Service boards, and what tickets on them can have.

use serde_json::{Value, json};

use super::{DEFAULT_BOARD, DEFAULT_PRIORITY, Rows, TICKET_SCREEN, with};
use crate::connectwise::definition::Resource;

fn custom_field(id: u32, screen: &str, caption: &str, kind: &str, options: &[&str]) -> Value {
    let options: Vec<_> = options
        .iter()
        .zip(1..)
        .map(|(value, order)| json!({ "id": id * 10 + order, "optionValue": value, "inactiveFlag": false }))
        .collect();
    json!({
        "id": id, "podId": if screen == TICKET_SCREEN { 7 } else { 1 }, "screenId": screen, "caption": caption,
        "sequenceNumber": id, "fieldTypeIdentifier": kind,
        "entryTypeIdentifier": if options.is_empty() { "EntryField" } else { "List" }, "options": options,
        "requiredFlag": false, "displayOnScreenFlag": true, "readOnlyFlag": false, "locationIds": [1],
        "businessUnitIds": [1]
    })
}

/// Returns the boards, their statuses and types, and what tickets on them can have.
pub fn boards() -> Rows {
    let board = |id: u32, name: &str, inactive: bool, project: bool| {
        json!({
            "id": id, "name": name, "location": { "id": 1 }, "department": { "id": 1 }, "inactiveFlag": inactive,
            "projectFlag": project
        })
    };
    let status = |board: u32, number: u32, name: &str, closed: bool| {
        json!({
            "id": board * 10 + number, "name": name, "board": { "id": board }, "sortOrder": number,
            "displayOnBoard": !closed, "inactive": name == "On Hold", "closedStatus": closed,
            "timeEntryNotAllowed": false, "defaultFlag": number == 1, "escalationStatus": "NoEscalation"
        })
    };
    // Cancelled tickets count as closed on the first board and not on the second: MSPs configure this per board.
    let statuses = [(1, ">Closed", true), (2, "Closed", false), (3, "Closed", true), (4, "Closed", true)].map(
        |(board, closed, cancelled_is_closed)| {
            [
                status(board, 1, "New", false),
                status(board, 2, "In Progress", false),
                status(board, 3, closed, true),
                status(board, 4, "Cancelled", cancelled_is_closed),
                status(board, 5, "On Hold", false),
            ]
        },
    );
    let on_boards = |names: &[&str], has_default: bool| -> Value {
        let rows = [1, 2].into_iter().flat_map(|board| {
            names.iter().zip(1..).map(move |(name, number)| {
                let row = json!({
                    "id": board * 10 + number, "name": name, "board": { "id": board }, "inactiveFlag": *name == "Fax"
                });
                if has_default { with(row, json!({ "defaultFlag": number == 1 })) } else { row }
            })
        });
        rows.collect()
    };
    let levels = [("Critical", "Red"), ("High", "Orange"), ("Medium", "Yellow"), ("Low", "Green")];
    let priorities = levels.into_iter().zip(1..).map(|((level, color), id)| {
        json!({
            "id": id, "name": format!("Priority {id} - {level}"), "color": color, "sortOrder": id, "level": level,
            "defaultFlag": id == DEFAULT_PRIORITY
        })
    });
    vec![
        (
            Resource::Board,
            json!([
                board(DEFAULT_BOARD, "Service Desk", false, false),
                board(2, "Backup Alerts", false, false),
                board(3, "Retired", true, false),
                board(4, "Projects", false, true)
            ]),
        ),
        (Resource::BoardStatus, Value::Array(statuses.into_iter().flatten().collect())),
        (Resource::ServiceType, on_boards(&["Incident", "Request"], true)),
        (Resource::ServiceSubtype, on_boards(&["Backup", "E-mail", "Fax"], false)),
        (Resource::ServiceItem, on_boards(&["Mailbox", "Drive"], false)),
        (Resource::ServiceAssociation, associations()),
        (Resource::ServiceTeam, on_boards(&["First Line", "Second Line"], true)),
        (Resource::Priority, priorities.collect()),
        (
            Resource::CustomField,
            json!([
                custom_field(1, TICKET_SCREEN, "Cost Centre", "Text", &[]),
                custom_field(2, TICKET_SCREEN, "Service Level", "Text", &["Gold", "Silver"]),
                custom_field(3, TICKET_SCREEN, "Billable Hours", "Number", &[]),
                custom_field(4, TICKET_SCREEN, "Reviewed", "Checkbox", &[]),
                with(custom_field(5, TICKET_SCREEN, "Survey Score", "Number", &[]), json!({ "readOnlyFlag": true })),
                custom_field(6, "cm120", "Customer Since", "Date", &[])
            ]),
        ),
        (
            Resource::Source,
            json!([
                { "id": 1, "name": "Call", "defaultFlag": true },
                { "id": 2, "name": "Email Connector", "defaultFlag": false },
                { "id": 3, "name": "Sync", "defaultFlag": false }
            ]),
        ),
    ]
}

/// Returns the types, subtypes and items that go together, on the first and the second board: an incident is about a backup
/// (of a mailbox or a drive) or an e-mail (of a mailbox), a request about an e-mail, without an item.
fn associations() -> Value {
    let together = [(1, 1, Some(1)), (1, 1, Some(2)), (1, 2, Some(1)), (1, 3, None), (2, 2, None)];
    let rows = [1, 2].into_iter().flat_map(|board: u32| {
        together.into_iter().zip(1..).map(move |((kind, subtype, item), number)| {
            let row = json!({
                "id": board * 10 + number, "board": { "id": board }, "type": { "id": board * 10 + kind },
                "subType": { "id": board * 10 + subtype }
            });
            item.map_or(row.clone(), |item: u32| with(row, json!({ "item": { "id": board * 10 + item } })))
        })
    });
    rows.collect()
}
