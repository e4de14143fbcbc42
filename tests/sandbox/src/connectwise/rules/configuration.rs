//! Rules of configurations: the type cannot change, and its required questions must be answered.

use serde_json::{Value, json};

use crate::connectwise::draft::Draft;
use crate::connectwise::seed;
use crate::connectwise::state::Record;

/// Sets defaults, and rejects a changed type and missing answers.
pub fn check(draft: &mut Draft, before: Option<&Record>) {
    let kind = draft.reference("type");
    if before.is_some_and(|before| before.reference("type") != kind) {
        draft.refuse("InvalidField", "type", "The type can only be changed by changeType.");
    }
    draft.default("status", json!({ "id": seed::CONFIGURATION_ACTIVE }));
    draft.default("activeFlag", true);
    draft.default("billFlag", false);
    let answers = draft.fields().get("questions").and_then(Value::as_array);
    let answered = answers.into_iter().flatten().any(|answer| {
        answer["questionId"] == seed::REQUIRED_QUESTION && answer.get("answer").is_some_and(|answer| !answer.is_null())
    });
    if kind == Some(seed::TYPE_WITH_QUESTION) && !answered {
        draft.refuse("MissingRequiredField", "questions", "Operating System is required.");
    }
}
