//! The difference of two states of a record, in words that a person reads.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

/// Longest text of a state, in characters.
const MAX_TEXT: usize = 2000;

/// Members that change with each write, and texts that follow from other members.
const LEFT_OUT: [&str; 8] =
    ["at", "updatedAt", "linkedAt", "createdAt", "billing", "notice", "lastDigest", "refusedCredentials"];

/// The members of a record that differ, before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// The values before. `None` if there was nothing.
    pub from: Option<String>,
    /// The values after. `None` if there is nothing.
    pub to: Option<String>,
}

impl Difference {
    /// Returns the members that differ between two states, as they are in a response. `None` stands for a record that does not
    /// exist. Returns `None` if no member differs.
    pub fn between<T: Serialize>(before: Option<&T>, after: Option<&T>) -> Option<Self> {
        let [before, after] = [before, after].map(|state| serde_json::to_value(state).unwrap_or_default());
        let names: BTreeSet<&String> =
            [&before, &after].into_iter().filter_map(Value::as_object).flat_map(Map::keys).collect();
        let differing: Vec<_> = names
            .into_iter()
            .map(String::as_str)
            .filter(|name| !LEFT_OUT.contains(name) && member(&before, name) != member(&after, name))
            .collect();
        if differing.is_empty() && before.is_null() == after.is_null() {
            return None;
        }
        Some(Self { from: in_words(&before, &differing), to: in_words(&after, &differing) })
    }
}

fn member<'v>(state: &'v Value, name: &str) -> Option<&'v Value> {
    state.get(name).filter(|value| !value.is_null())
}

/// Returns the values of a state as `name: value`; `None` for one that has none of them.
fn in_words(state: &Value, names: &[&str]) -> Option<String> {
    let values: Vec<_> = names.iter().filter_map(|name| member(state, name).map(|value| word(name, value))).collect();
    (!values.is_empty()).then(|| values.join(", ").chars().take(MAX_TEXT).collect())
}

fn word(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => format!("{name}: {text}"),
        value => format!("{name}: {value}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn between(before: &Value, after: &Value) -> Option<(Option<String>, Option<String>)> {
        let present = |state: &Value| (!state.is_null()).then(|| state.clone());
        let difference = Difference::between(present(before).as_ref(), present(after).as_ref());
        difference.map(|difference| (difference.from, difference.to))
    }

    /// Returns the two sides of a difference; an empty text is a side that is missing.
    fn sides(from: &str, to: &str) -> (Option<String>, Option<String>) {
        let side = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (side(from), side(to))
    }

    #[test]
    fn only_members_that_differ_are_told() {
        let before = json!({"price": 3, "name": "Backup", "updatedAt": "2026-11-28T12:00:00Z"});
        let after = json!({"price": 3.5, "name": "Backup", "updatedAt": "2026-11-29T12:00:00Z"});
        assert_eq!(between(&before, &after), Some(sides("price: 3", "price: 3.5")));
        assert_eq!(between(&before, &json!({"price": 3, "name": "Backup"})), None);
        assert_eq!(between(&json!({"a": null}), &json!({})), None);
        assert_eq!(between(&json!({}), &json!({"seats": [1]})), Some(sides("", "seats: [1]")));
    }

    #[test]
    fn a_new_and_a_deleted_record_have_one_side() {
        let record = json!({"price": 3, "name": "Backup"});
        assert_eq!(between(&Value::Null, &record), Some(sides("", "name: Backup, price: 3")));
        assert_eq!(between(&record, &Value::Null), Some(sides("name: Backup, price: 3", "")));
        assert_eq!(between(&Value::Null, &json!({"at": "now"})), Some((None, None)));
        assert_eq!(between(&Value::Null, &Value::Null), None);
    }

    #[test]
    fn a_long_text_is_cut() {
        let (_, to) = between(&Value::Null, &json!({"reason": "ä".repeat(9000)})).unwrap();
        assert_eq!(to.unwrap().chars().count(), MAX_TEXT);
    }
}
