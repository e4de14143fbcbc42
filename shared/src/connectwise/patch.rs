//! Changes of a record. Fields are replaced by their bare names, and references whole: a path into a reference is answered
//! with success and changes nothing.

use serde::Serialize;
use serde_json::{Value, json};

use super::id::reference;

/// The fields that are to be changed.
#[derive(Clone, Debug, Default)]
pub struct Patch(Vec<(&'static str, Value)>);

impl Patch {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces a field; stays as it is for `None`.
    pub fn replace(mut self, field: &'static str, value: Option<impl Serialize>) -> Self {
        self.0.extend(value.map(|value| (field, json!(value))));
        self
    }

    /// Replaces a reference; stays as it is for `None`.
    pub fn refer(self, field: &'static str, id: Option<impl Serialize>) -> Self {
        self.replace(field, id.map(reference))
    }

    /// The names of the fields.
    pub fn fields(&self) -> Vec<&'static str> {
        self.0.iter().map(|(field, _)| *field).collect()
    }

    /// As it is sent.
    pub fn body(&self) -> Value {
        self.0.iter().map(|(field, value)| json!({ "op": "replace", "path": field, "value": value })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectwise::StatusId;

    #[test]
    fn references_are_replaced_whole() {
        let patch = Patch::new().replace("summary", Some("x")).replace("notes", None::<&str>);
        let patch = patch.refer("status", Some(StatusId::new(5)));
        assert_eq!(patch.fields(), ["summary", "status"]);
        assert_eq!(
            patch.body(),
            json!([
                { "op": "replace", "path": "summary", "value": "x" },
                { "op": "replace", "path": "status", "value": { "id": 5 } }
            ])
        );
    }
}
