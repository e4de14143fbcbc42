//! A record as responses show it: references with names, computed members, no `null`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::date;
use super::definition::Resource;
use super::reference::{expand, target};
use super::rules::ticket_fields;
use super::schema::{self, Kind};
use super::state::{Fields, Record, State};

/// Returns the complete row of a record. `fields` are its current fields, or older ones that a lagging search still
/// sees.
pub fn row(state: &State, resource: Resource, id: u32, record: &Record, fields: &Fields, now: Timestamp) -> Fields {
    let mut row = Fields::from_iter([("id".to_owned(), json!(id))]);
    for (name, kind) in schema::fields(resource.definition().schema) {
        let value = match (fields.get(name), kind) {
            (Some(Value::Null) | None, Kind::Date) if state.settings.empty_dates => json!(""),
            (Some(Value::Null) | None, _) => continue,
            (Some(value), Kind::Reference(to)) => match value.get("id").and_then(Value::as_u64) {
                Some(id) => expand(state, to, u32::try_from(id).unwrap_or_default()),
                None => value.clone(),
            },
            (Some(value), _) => value.clone(),
        };
        row.insert(name.to_owned(), value);
    }
    row.extend(derived(state, resource, fields, now));
    row.insert(
        "_info".to_owned(),
        json!({
            "dateEntered": date::text(record.entered),
            "enteredBy": record.entered_by,
            "lastUpdated": date::text(record.updated),
            "updatedBy": record.updated_by,
        }),
    );
    row
}

fn derived(state: &State, resource: Resource, fields: &Fields, now: Timestamp) -> Fields {
    let derived = match resource {
        Resource::Agreement => json!({ "agreementStatus": agreement_status(fields, now) }),
        Resource::Addition => {
            let agreement = target(state, fields, Resource::Agreement, "agreementId");
            let number = |name: &str| fields.get(name).and_then(Value::as_f64).unwrap_or_default();
            let [price, cost] = ["unitPrice", "unitCost"].map(|name| cents(number(name) * number("quantity")));
            json!({
                "agreementStatus": agreement.map(|(_, agreement)| agreement_status(&agreement.fields, now)),
                "extPrice": price,
                "extCost": cost,
                "margin": cents(price - cost),
            })
        }
        Resource::Ticket => {
            let status = target(state, fields, Resource::BoardStatus, "status");
            json!({
                "closedFlag": status.is_some_and(|(_, status)| status.flag("closedStatus")),
                "customFields": custom_fields(state, fields),
            })
        }
        _ => return Fields::new(),
    };
    let Value::Object(derived) = derived else { return Fields::new() };
    derived.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// Returns all custom fields of tickets, with the values of this one.
fn custom_fields(state: &State, fields: &Fields) -> Vec<Value> {
    let values = fields.get("customFields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let row = |(id, field): (u32, &Record)| {
        let members = [
            ("id", json!(id)),
            ("caption", json!(field.text("caption"))),
            ("type", json!(field.text("fieldTypeIdentifier"))),
            ("entryMethod", json!(field.text("entryTypeIdentifier"))),
            ("value", values.iter().find(|value| value["id"] == id).map(|value| value["value"].clone()).into()),
        ];
        members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    };
    ticket_fields(state).map(row).collect()
}

/// Returns `Active`, `Cancelled` or `Expired`.
pub fn agreement_status(fields: &Fields, now: Timestamp) -> &'static str {
    let flag = |name: &str| fields.get(name).and_then(Value::as_bool).unwrap_or(false);
    let end = fields.get("endDate").and_then(Value::as_str).and_then(date::parse);
    if flag("cancelledFlag") {
        "Cancelled"
    } else if !flag("noEndingDateFlag") && end.is_some_and(|end| end < date::midnight(now)) {
        "Expired"
    } else {
        "Active"
    }
}

fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
