//! Rules of companies: identifiers are unique, and every write validates the whole record, not only the changed fields.

use serde_json::{Value, json};

use super::taken;
use crate::connectwise::definition::Resource;
use crate::connectwise::draft::Draft;
use crate::connectwise::state::{Record, State};

const YEARS: std::ops::RangeInclusive<i64> = 1753..=9999;

/// Sets defaults, and validates the whole record.
pub fn check(state: &State, draft: &mut Draft, before: Option<&Record>) {
    draft.default("status", json!({ "id": 1 }));
    draft.default("deletedFlag", false);
    let identifier = draft.text("identifier").unwrap_or_default();
    if taken(state, Resource::Company, "identifier", identifier, before) {
        draft.refuse("ObjectExists", "identifier", "Company ID already in use.");
    }
    for name in ["yearEstablished", "revenueYear"] {
        if draft.fields().get(name).and_then(Value::as_i64).is_some_and(|year| !YEARS.contains(&year)) {
            draft.refuse("OutOfRange", name, format!("{name} must be between 1753 and 9999."));
        }
    }
}
