//! Rules of catalog items: the category is that of the subcategory, and identifiers are unique.

use serde_json::json;

use super::taken;
use crate::connectwise::definition::Resource;
use crate::connectwise::draft::Draft;
use crate::connectwise::reference::target;
use crate::connectwise::state::{Record, State};

/// Sets the category when the subcategory changes.
pub fn prepare(draft: &mut Draft, before: Option<&Record>) {
    if before.is_some() && draft.sent("subcategory") && !draft.sent("category") {
        draft.take("category");
    }
}

/// Sets defaults, and rejects a duplicate identifier.
pub fn check(state: &State, draft: &mut Draft, before: Option<&Record>) {
    let subcategory = target(state, draft.fields(), Resource::Subcategory, "subcategory");
    if let Some(category) = subcategory.and_then(|(_, subcategory)| subcategory.reference("category")) {
        draft.default("category", json!({ "id": category }));
    }
    draft.default("productClass", "NonInventory");
    draft.default("billableOption", "Billable");
    draft.default("priceAttribute", "FixedFee");
    for amount in ["price", "cost"] {
        draft.default(amount, 0);
    }
    for flag in ["inactiveFlag", "serializedFlag", "taxableFlag", "recurringFlag"] {
        draft.default(flag, false);
    }
    let identifier = draft.text("identifier").unwrap_or_default();
    if taken(state, Resource::CatalogItem, "identifier", identifier, before) {
        draft.refuse("ObjectExists", "identifier", "Product ID already in use.");
    }
}
