//! Derives JSON schemas from sample values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Members that are maps: their keys are not fixed names.
const MAPS: [&str; 9] = [
    "AccountExtraInfo",
    "AttributeList",
    "CustomFieldValues",
    "ExtraDetails",
    "ExtraInfo",
    "ExtraParameters",
    "PredefinedValues",
    "SyncOptions",
    "fields",
];

/// A member whose type has a separate schema.
const OF_TYPE: (&str, &str) = ("Account", "AccountDefinition");

/// Treatment of members that all values have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// Required: responses always have all members.
    Required,
    /// Optional: in requests of the BSS, any member may be absent.
    Optional,
}

/// Returns the narrowest schema that fits all of `values`.
pub fn of(values: &[&Value], members: Members) -> Value {
    named("", values, members)
}

fn named(name: &str, values: &[&Value], members: Members) -> Value {
    if name == OF_TYPE.0 {
        return json!({"$ref": format!("#/components/schemas/{}", OF_TYPE.1)});
    }
    let mut kinds: BTreeSet<&str> = values.iter().map(|value| kind(value)).collect();
    if kinds.contains("number") {
        kinds.remove("integer");
    }
    let mut schema = Map::new();
    match kinds.iter().copied().collect::<Vec<_>>().as_slice() {
        // Always `null`: the type is unknown.
        [] | ["null"] => {}
        [one] => drop(schema.insert("type".to_owned(), json!(one))),
        several => drop(schema.insert("type".to_owned(), json!(several))),
    }
    let objects: Vec<_> = values.iter().filter_map(|value| value.as_object()).collect();
    if !objects.is_empty() {
        let mut all: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (member, value) in objects.iter().copied().flatten() {
            all.entry(member).or_default().push(value);
        }
        if MAPS.contains(&name) {
            let values: Vec<_> = all.into_values().flatten().collect();
            schema.insert("additionalProperties".to_owned(), named("", &values, members));
        } else {
            let always = |(_, values): &(&&str, &Vec<_>)| values.len() == objects.len();
            let required: Vec<_> = all.iter().filter(always).map(|(member, _)| *member).collect();
            if members == Members::Required && !required.is_empty() {
                schema.insert("required".to_owned(), json!(required));
            }
            let properties = all.iter().map(|(member, values)| ((*member).to_owned(), named(member, values, members)));
            schema.insert("properties".to_owned(), Value::Object(properties.collect()));
        }
    }
    let elements: Vec<_> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
    if kinds.contains("array") {
        schema.insert("items".to_owned(), named("", &elements, members));
    }
    Value::Object(schema)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_fits_its_samples() {
        let [one, other] = [json!({"A": 1, "B": "x", "SyncOptions": {"k": "v"}}), json!({"A": null, "C": [true]})];
        let expected = json!({
            "type": "object",
            "required": ["A"],
            "properties": {
                "A": {"type": ["integer", "null"]},
                "B": {"type": "string"},
                "C": {"type": "array", "items": {"type": "boolean"}},
                "SyncOptions": {"type": "object", "additionalProperties": {"type": "string"}},
            },
        });
        assert_eq!(of(&[&one, &other], Members::Required), expected);
    }
}
