//! A record being created or changed. The sent fields are checked against the schema, the references and the required
//! fields.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::date;
use super::definition::{Definition, Resource, lists};
use super::reference::resolve;
use super::refusal::{Fault, Refusal};
use super::schema::{self, Kind};
use super::state::{Fields, State, reference};
use jiff::Timestamp;

/// The fields after the write, the names of those that were sent, and the errors found so far.
#[derive(Debug)]
pub struct Draft {
    definition: Definition,
    fields: Fields,
    sent: BTreeSet<String>,
    faults: Vec<Fault>,
}

impl Draft {
    /// Merges `sent` into `base`. `null` removes a field. Read-only fields are ignored.
    pub fn new(resource: Resource, base: Fields, sent: Fields) -> Self {
        let definition = resource.definition();
        let mut draft = Self { definition, fields: base, sent: BTreeSet::new(), faults: Vec::new() };
        for (name, value) in sent {
            if name == "_info" || lists(definition.read_only, &name) {
                continue;
            }
            let Some(kind) = schema::kind(definition.schema, &name) else {
                draft.refuse("InvalidField", &name, format!("{name} is not a field of {}.", definition.noun));
                continue;
            };
            let fault = if value.is_null() { None } else { kind.fault(definition.noun, &name, &value) };
            draft.faults.extend(fault);
            draft.sent.insert(name.clone());
            if value.is_null() {
                draft.fields.remove(&name);
            } else {
                draft.fields.insert(name, on_one_line(value));
            }
        }
        draft
    }

    /// Returns `true` if the field was sent, also if it was sent as `null`.
    pub fn sent(&self, name: &str) -> bool {
        self.sent.contains(name)
    }

    /// Returns `true` if the field is present.
    pub fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Returns the current fields.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Returns the id that the field refers to.
    pub fn reference(&self, name: &str) -> Option<u32> {
        reference(&self.fields, name)
    }

    /// Returns the field as text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// Returns the field as a date.
    pub fn date(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(date::parse)
    }

    /// Returns `true` if the flag is present and set.
    pub fn flag(&self, name: &str) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or(false)
    }

    /// Sets the field if it is absent.
    pub fn default(&mut self, name: &str, value: impl Into<Value>) {
        if !self.has(name) {
            self.set(name, value);
        }
    }

    /// Sets the field. `null` removes it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        match value.into() {
            Value::Null => drop(self.fields.remove(name)),
            value => drop(self.fields.insert(name.to_owned(), value)),
        }
    }

    /// Removes and returns the field.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    /// Records an error.
    pub fn refuse(&mut self, code: &'static str, field: &str, message: impl Into<String>) {
        let fault = Fault { code, message: message.into(), resource: self.definition.noun, field: field.to_owned() };
        self.faults.push(fault);
    }

    /// Records an error for each of `names` that is absent or blank.
    pub fn require(&mut self, names: &str) {
        for name in names.split_whitespace() {
            if self.fields.get(name).is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty())) {
                self.refuse("MissingRequiredField", name, format!("{name} is required."));
            }
        }
    }

    /// Resolves references to ids. References that others must belong to come first.
    pub fn resolve_references(&mut self, state: &State) {
        let within = self.definition.within;
        let holder_of = |name: &str| within.iter().find(|(dependent, _)| *dependent == name).map(|(_, holder)| *holder);
        let references = schema::fields(self.definition.schema)
            .filter(|(_, kind)| matches!(kind, Kind::Reference(_) | Kind::Elsewhere));
        let (dependent, free): (Vec<_>, Vec<_>) = references.partition(|(name, _)| holder_of(name).is_some());
        for (name, kind) in free.into_iter().chain(dependent) {
            let Some(value) = self.fields.get(name).filter(|value| value.is_object()) else { continue };
            let Kind::Reference(target) = kind else {
                let message = format!("{name} {value} not found");
                self.refuse("NotFound", &format!("{name}/id"), message);
                continue;
            };
            let holder = holder_of(name).and_then(|holder| {
                let Some(Kind::Reference(kind)) = schema::kind(self.definition.schema, holder) else { return None };
                Some((holder, kind, reference(&self.fields, holder)?))
            });
            match resolve(state, target, value, holder) {
                Ok(id) => self.set(name, json!({ "id": id })),
                Err((message, member)) => self.refuse("NotFound", &format!("{name}/{member}"), message),
            }
        }
    }

    /// Returns the fields, or the errors found.
    pub fn finish(self) -> Result<Fields, Refusal> {
        if self.faults.is_empty() { Ok(self.fields) } else { Err(Refusal::Invalid(self.definition.noun, self.faults)) }
    }
}

/// Replaces line breaks and tabs, which the vendor does not keep.
fn on_one_line(value: Value) -> Value {
    match value {
        Value::String(text) => {
            Value::String(text.replace("\r\n", " ").replace(['\n', '\r'], " ").replace('\t', "    "))
        }
        other => other,
    }
}
