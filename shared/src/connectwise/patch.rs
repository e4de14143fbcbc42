//! Changes to a record. A field is replaced by its name, and a reference as a whole: ConnectWise answers a path into a
//! reference with success and changes nothing.

use serde::Serialize;
use serde_json::{Value, json};

use super::id::reference;

/// The fields to change.
#[derive(Clone, Debug, Default)]
pub struct Patch(Vec<(&'static str, Value)>);

impl Patch {
    /// Returns an empty patch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces a field. `None` leaves the field unchanged.
    pub fn replace(mut self, field: &'static str, value: Option<impl Serialize>) -> Self {
        self.0.extend(value.map(|value| (field, json!(value))));
        self
    }

    /// Replaces a reference. `None` leaves the reference unchanged.
    pub fn set_reference(self, field: &'static str, id: Option<impl Serialize>) -> Self {
        self.replace(field, id.map(reference))
    }

    /// Returns the names of the changed fields.
    pub fn fields(&self) -> Vec<&'static str> {
        self.0.iter().map(|(field, _)| *field).collect()
    }

    /// Returns the request body.
    pub fn body(&self) -> Value {
        self.0.iter().map(|(field, value)| json!({ "op": "replace", "path": field, "value": value })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectwise::StatusId;

    #[test]
    fn references_are_replaced_as_a_whole() {
        let patch = Patch::new().replace("summary", Some("x")).replace("notes", None::<&str>);
        let patch = patch.set_reference("status", Some(StatusId::new(5)));
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
