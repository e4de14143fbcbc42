//! The keys of a table and of its indexes.

use serde_json::Value;

/// Maximum length of a partition key and of a sort key, in bytes.
const MAX_KEYS: [(&str, usize); 2] = [("HASH", 2048), ("RANGE", 1024)];

/// The answer of `DescribeTable`.
#[derive(Clone, Debug)]
pub(in super::super) struct Schema(Value);

impl Schema {
    pub(in super::super) fn of(described: &Value) -> Self {
        Self(described.get("Table").cloned().unwrap_or_default())
    }

    /// Returns `true` for a key attribute of the table.
    pub(super) fn is_key(&self, name: &str) -> bool {
        keys(&self.0).any(|(key, _)| key == name)
    }

    /// Refuses a key of an index that is longer than its kind may be.
    pub(super) fn index_key_refusal(&self, name: &str, value: &Value) -> Option<String> {
        let length = value.get("S").and_then(Value::as_str)?.len();
        let mut kinds = self.indexes().flat_map(keys).filter(|(key, _)| *key == name).map(|(_, kind)| kind);
        let too_long = |kind: &str| MAX_KEYS.iter().find(|(of, limit)| *of == kind && length > *limit);
        let (kind, limit) = kinds.find_map(too_long)?;
        let word = if *kind == "HASH" { "hashkey" } else { "rangekey" };
        Some(format!(
            "One or more parameter values were invalid: Size of {word} has exceeded the maximum size limit of {limit} bytes"
        ))
    }

    /// Returns `false` if an index of the table has no such attribute.
    pub(super) fn projects(&self, index: &str, name: &str) -> bool {
        let Some(index) = self.indexes().find(|one| one.get("IndexName").and_then(Value::as_str) == Some(index)) else {
            return true;
        };
        let projection = index.get("Projection");
        let member = |member| projection.and_then(|projection| projection.get(member));
        let mut others = member("NonKeyAttributes").and_then(Value::as_array).into_iter().flatten();
        member("ProjectionType").and_then(Value::as_str) == Some("ALL")
            || self.is_key(name)
            || keys(index).any(|(key, _)| key == name)
            || others.any(|other| other == name)
    }

    fn indexes(&self) -> impl Iterator<Item = &Value> {
        self.0.get("GlobalSecondaryIndexes").and_then(Value::as_array).into_iter().flatten()
    }
}

/// Returns the attributes of a key schema with their kinds.
fn keys(described: &Value) -> impl Iterator<Item = (&str, &str)> {
    let schema = described.get("KeySchema").and_then(Value::as_array).into_iter().flatten();
    schema.filter_map(|element| Some((element.get("AttributeName")?.as_str()?, element.get("KeyType")?.as_str()?)))
}
