//! References between records. They are sent as an id or a name, stored as an id, and shown with both.

use serde_json::{Value, json};

use super::definition::Resource;
use super::state::{Fields, Record, State, reference};

/// The instance's own idea of its address. Links and hrefs begin with it, whatever address the client used.
pub const ORIGIN: &str = "https://connectwise.internal";

/// Returns the members that a reference shows beside the id.
pub fn shown(resource: Resource, record: &Record) -> Fields {
    let fields = &record.fields;
    if resource == Resource::Contact {
        let parts = [record.text("firstName"), record.text("lastName")].into_iter().flatten().collect::<Vec<_>>();
        return Fields::from_iter([("name".to_owned(), json!(parts.join(" ")))]);
    }
    let shown = resource.definition().shown.iter();
    shown.filter_map(|(member, field)| Some(((*member).to_owned(), fields.get(*field)?.clone()))).collect()
}

/// Returns a reference as responses show it.
pub fn expand(state: &State, target: Resource, id: u32) -> Value {
    let mut fields = state.find(target, id).map(|record| shown(target, record)).unwrap_or_default();
    fields.insert("id".to_owned(), json!(id));
    let noun = target.definition().noun;
    let href = format!("{ORIGIN}/v4_6_release/apis/3.0/{noun}/{id}");
    fields.insert("_info".to_owned(), json!({ format!("{noun}_href"): href }));
    Value::Object(fields)
}

/// An unresolved reference: message, and the member that was sent.
pub type Lost = (String, String);

/// Returns the id of the record that `sent` refers to, among the records whose field `within.0` refers to `within.1`.
pub fn resolve(
    state: &State,
    target: Resource,
    sent: &Value,
    within: Option<(&str, Resource, u32)>,
) -> Result<u32, Lost> {
    let belongs = |record: &Record| within.is_none_or(|(field, _, id)| record.reference(field) == Some(id));
    let label = target.definition().label;
    let lost = |what: String, member: &str| {
        let place = within.map(|(_, container, id)| format!(" for {} {id}", container.definition().label));
        (format!("{label} {what} not found{}", place.unwrap_or_default()), member.to_owned())
    };
    if let Some(id) = sent.get("id").filter(|id| !id.is_null()) {
        let number = id.as_u64().and_then(|id| u32::try_from(id).ok());
        let found = number.filter(|number| state.find(target, *number).is_some_and(belongs));
        return found.ok_or_else(|| lost(id.to_string(), "id"));
    }
    let mut members = ["identifier", "name"].into_iter();
    let Some((member, wanted)) = members.find_map(|member| Some((member, sent.get(member)?.as_str()?))) else {
        return Err(lost("without id".to_owned(), "id"));
    };
    let is_wanted = |record: &Record| {
        let shown = shown(target, record);
        shown.get(member).and_then(Value::as_str).is_some_and(|text| text.eq_ignore_ascii_case(wanted))
    };
    let mut found = state.all(target).filter(|(_, record)| belongs(record) && is_wanted(record));
    found.next().map(|(id, _)| id).ok_or_else(|| lost(format!("\"{wanted}\""), member))
}

/// Returns the id and the record that `field` refers to, if there is such a record.
pub fn target<'a>(state: &'a State, fields: &Fields, resource: Resource, field: &str) -> Option<(u32, &'a Record)> {
    let id = reference(fields, field)?;
    Some((id, state.find(resource, id)?))
}
