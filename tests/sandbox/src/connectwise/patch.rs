//! Patches: a list of operations on top-level fields.

use serde::Deserialize;
use serde_json::Value;

use super::definition::{Resource, lists};
use super::refusal::Refusal;
use super::schema;
use super::state::Fields;

#[derive(Deserialize)]
struct Operation {
    op: Op,
    path: String,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Op {
    Add,
    Replace,
    Remove,
}

/// Returns the fields that the patch sets, with `null` for those that it removes.
///
/// A path into a reference is ignored without an error: references can only be replaced as a whole.
pub fn parse(resource: Resource, body: &[u8]) -> Result<Fields, Refusal> {
    let operations: Vec<Operation> = serde_json::from_slice(body)
        .map_err(|error| Refusal::Malformed(format!("The patch is not a list of operations: {error}")))?;
    let definition = resource.definition();
    let mut sent = Fields::new();
    for Operation { op, path, value } in operations {
        let bare = path.strip_prefix('/').unwrap_or(&path);
        let (name, below) = bare.split_once('/').map_or((bare, false), |(name, _)| (name, true));
        let fixed = lists(definition.read_only, name) || lists(definition.create_only, name);
        if fixed || schema::kind(definition.schema, name).is_none() {
            return Err(Refusal::Path(path));
        }
        if below {
            continue;
        }
        let value = match op {
            Op::Add | Op::Replace => value,
            Op::Remove => Value::Null,
        };
        sent.insert(name.to_owned(), value);
    }
    Ok(sent)
}
