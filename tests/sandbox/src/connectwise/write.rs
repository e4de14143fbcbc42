//! Creates, replaces, patches and deletes records.

use serde_json::{Value, json};

use super::definition::{Resource, lists};
use super::draft::Draft;
use super::refusal::Refusal;
use super::schema::{self, Kind};
use super::state::{Context, Fields, Record, State};
use super::{patch, rules};

/// The parent record of a nested path.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    /// Its kind.
    pub resource: Resource,
    /// The field of the nested record that refers to it.
    pub field: &'static str,
    /// Its id.
    pub id: u32,
}

impl Parent {
    /// Returns `true` if the record belongs to this parent.
    pub fn holds(&self, record: &Record) -> bool {
        record.reference(self.field) == Some(self.id)
    }

    /// Removes members that are not shown below this path: subcategories below a category have an older schema.
    pub fn remove_hidden(&self, row: &mut Value) {
        if let (Resource::Category, Some(row)) = (self.resource, row.as_object_mut()) {
            row.retain(|name, _| lists("id name inactiveFlag _info", name));
        }
    }

    fn stamp(&self, resource: Resource, fields: &mut Fields) {
        let is_reference = matches!(schema::kind(resource.definition().schema, self.field), Some(Kind::Reference(_)));
        let value = if is_reference { json!({ "id": self.id }) } else { json!(self.id) };
        fields.insert(self.field.to_owned(), value);
    }
}

/// `POST`. Returns the id of the new record.
pub fn create(
    state: &mut State,
    context: &Context,
    resource: Resource,
    parent: Option<Parent>,
    body: &[u8],
) -> Result<u32, Refusal> {
    create_from(state, context, resource, parent, object(body)?)
}

fn create_from(
    state: &mut State,
    context: &Context,
    resource: Resource,
    parent: Option<Parent>,
    sent: Fields,
) -> Result<u32, Refusal> {
    let mut base = Fields::new();
    let mut sent: Fields = sent.into_iter().filter(|(_, value)| !value.is_null()).collect();
    if let Some(parent) = parent {
        state.get(parent.resource, parent.id)?;
        parent.stamp(resource, &mut base);
        sent.remove(parent.field);
    }
    let mut fields = finish(state, context, resource, Draft::new(resource, base, sent), None)?;
    let notes = if resource == Resource::Ticket { rules::take_initial_notes(&mut fields) } else { Vec::new() };
    let id = state.insert(resource, fields, context);
    for note in notes {
        let parent = Parent { resource: Resource::Ticket, field: "ticketId", id };
        create_from(state, context, Resource::Note, Some(parent), note)?;
    }
    Ok(id)
}

/// `PUT`. Fields that are not sent get their default.
pub fn replace(
    state: &mut State,
    context: &Context,
    resource: Resource,
    parent: Option<Parent>,
    id: u32,
    body: &[u8],
) -> Result<(), Refusal> {
    let sent = object(body)?;
    let definition = resource.definition();
    let before = get_in(state, resource, parent, id)?;
    let mut base: Fields = before.fields.clone();
    base.retain(|name, _| lists(definition.read_only, name));
    if let Some(parent) = parent {
        parent.stamp(resource, &mut base);
    }
    let created_with = sent.iter().find(|(name, value)| lists(definition.create_only, name) && !value.is_null());
    let created_with = created_with.map(|(name, _)| name.clone());
    let mut draft = Draft::new(resource, base, sent);
    if let Some(name) = created_with {
        draft.refuse("InvalidField", &name, format!("{name} can only be used when creating."));
    }
    let fields = finish(state, context, resource, draft, Some(before))?;
    state.update(resource, id, fields, context);
    Ok(())
}

/// `PATCH`.
pub fn patch(
    state: &mut State,
    context: &Context,
    resource: Resource,
    parent: Option<Parent>,
    id: u32,
    body: &[u8],
) -> Result<(), Refusal> {
    let before = get_in(state, resource, parent, id)?;
    let sent = patch::parse(resource, body)?;
    let draft = Draft::new(resource, before.fields.clone(), sent);
    let fields = finish(state, context, resource, draft, Some(before))?;
    state.update(resource, id, fields, context);
    Ok(())
}

/// `DELETE`. Rejects records that are in use or were invoiced.
pub fn delete(state: &mut State, resource: Resource, parent: Option<Parent>, id: u32) -> Result<(), Refusal> {
    let record = get_in(state, resource, parent, id)?;
    let label = resource.definition().label;
    if record.fields.get("billedQuantity").and_then(Value::as_f64).is_some_and(|billed| billed > 0.0) {
        return Err(Refusal::InUse(format!("{label} {id} has been invoiced")));
    }
    let nested = |child: Resource, field: &str| {
        let mut children = state.all(child).filter(|(_, record)| record.reference(field) == Some(id));
        children.next().map(|(id, _)| (child, id))
    };
    let held_by = match resource {
        Resource::Agreement => nested(Resource::Addition, "agreementId"),
        Resource::Configuration => state.holder_of(id),
        _ => None,
    };
    if let Some((user, number)) = held_by.or_else(|| state.user_of(resource, id)) {
        return Err(Refusal::InUse(format!("{label} {id} is in use by {} {number}", user.definition().label)));
    }
    state.remove(resource, id);
    if resource == Resource::Ticket {
        let notes = state.all(Resource::Note).filter(|(_, note)| note.reference("ticketId") == Some(id));
        for note in notes.map(|(id, _)| id).collect::<Vec<_>>() {
            state.remove(Resource::Note, note);
        }
    }
    state.attached.entry(resource).or_default().remove(&id);
    Ok(())
}

/// Returns the record if it belongs to the parent.
pub fn get_in(state: &State, resource: Resource, parent: Option<Parent>, id: u32) -> Result<&Record, Refusal> {
    if let Some(parent) = parent {
        state.get(parent.resource, parent.id)?;
    }
    let record = state.get(resource, id)?;
    match parent {
        Some(parent) if !parent.holds(record) => Err(Refusal::NotFound(resource.definition().label, id)),
        Some(_) | None => Ok(record),
    }
}

fn finish(
    state: &State,
    context: &Context,
    resource: Resource,
    mut draft: Draft,
    before: Option<&Record>,
) -> Result<Fields, Refusal> {
    rules::prepare(resource, &mut draft, before);
    draft.require(resource.definition().required);
    draft.resolve_references(state);
    rules::check(state, context, resource, &mut draft, before)?;
    draft.finish()
}

fn object(body: &[u8]) -> Result<Fields, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Malformed(format!("The body is not a JSON object: {error}")))
}
