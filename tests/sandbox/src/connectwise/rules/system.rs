//! Menu entries and callbacks.

use serde_json::json;

use crate::connectwise::definition::Resource;
use crate::connectwise::draft::Draft;
use crate::connectwise::state::{Context, Record, State};

/// An entry belongs to the integration that made it, and to the locations it was added to.
pub fn check_menu_entry(context: &Context, draft: &mut Draft) {
    draft.default("clientId", context.client_id.clone());
    if draft.flag("addAllLocations") {
        draft.set("locationIds", json!([1]));
    }
    draft.set("addAllLocations", json!(null));
    draft.set("removeAllLocations", json!(null));
}

/// The same callback is made once.
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
