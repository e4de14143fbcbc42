//! Rules of menu entries and callbacks.

use serde_json::json;

use crate::connectwise::definition::Resource;
use crate::connectwise::draft::Draft;
use crate::connectwise::state::{Context, Record, State};

/// Sets the integration that owns a menu entry, and its locations.
pub fn check_menu_entry(context: &Context, draft: &mut Draft) {
    draft.default("clientId", context.client_id.clone());
    if draft.flag("addAllLocations") {
        draft.set("locationIds", json!([1]));
    }
    draft.set("addAllLocations", json!(null));
    draft.set("removeAllLocations", json!(null));
}

/// Rejects a duplicate callback.
pub fn check_callback(state: &State, context: &Context, draft: &mut Draft, before: Option<&Record>) {
    draft.default("memberId", state.member(&context.member.identifier));
    draft.default("inactiveFlag", false);
    let same = |record: &Record| {
        ["url", "objectId", "type", "level"].iter().all(|name| record.fields.get(*name) == draft.fields().get(*name))
    };
    if before.is_none() && state.all(Resource::Callback).any(|(_, record)| same(record)) {
        draft.refuse("ObjectExists", "objectId", "A matching callback entry already exists");
    }
}
