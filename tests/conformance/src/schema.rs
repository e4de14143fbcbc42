//! Compares a value with a JSON schema of the `OpenAPI` description.

use std::sync::LazyLock;

use serde_json::{Value, json};
use service_manager::endpoints::BASE_PATH;

/// The treatment of members that a schema does not describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undescribed {
    /// Accepted, unless the schema refuses them.
    Accepted,
    /// Refused everywhere: no member is omitted from the description.
    Refused,
}

/// Returns the differences of `value` from `schema`, each with its place. References are resolved in `document`. A keyword
/// that this function does not know is a difference, so that no part of a schema is passed over.
pub fn faults(document: &Value, schema: &Value, value: &Value, undescribed: Undescribed) -> Vec<String> {
    let mut check = Check { document, undescribed, faults: Vec::new() };
    check.value(schema, value, "");
    check.faults
}

/// Returns the schema that `schema` refers to; itself if it is no reference.
pub fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => schema,
    }
}

/// Returns the differences of the answer with `status` to a request of `path` from the committed description, where no member
/// is omitted. A path that is not described is answered 404 only.
pub fn answer_faults(path: &str, status: u16, answer: &Value) -> Vec<String> {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(include_str!("../openapi.json")).unwrap_or_default());
    let path = path.strip_prefix(BASE_PATH).unwrap_or(path).trim_end_matches('/');
    let not_found;
    let schema = match DOCUMENT.get("paths").and_then(|paths| paths.get(path)) {
        Some(item) => {
            let operation = item.get("get").or_else(|| item.get("post"));
            let answers = operation.and_then(|operation| operation.get("responses")?.get(status.to_string()));
            answers.and_then(|answers| resolved(&DOCUMENT, answers).pointer("/content/application~1json/schema"))
        }
        None if status == 404 => {
            let is_of_portal = ["portal", "actions"].contains(&path.split('/').nth(1).unwrap_or_default());
            let error = if is_of_portal { "PortalError" } else { "ResultDefinition" };
            not_found = json!({ "$ref": format!("#/components/schemas/{error}") });
            Some(&not_found)
        }
        None => None,
    };
    match schema {
        Some(schema) => faults(&DOCUMENT, schema, answer, Undescribed::Refused),
        None => vec![format!("{path} is not described with the status {status}")],
    }
}

struct Check<'d> {
    document: &'d Value,
    undescribed: Undescribed,
    faults: Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(keywords) = schema.as_object() else {
            if *schema != Value::Bool(true) {
                self.fault(at, value, "the schema", schema);
            }
            return;
        };
        if schema.get("$ref").is_some() {
            self.value(resolved(self.document, schema), value, at);
        }
        for (keyword, wanted) in keywords {
            if !self.fits(keyword, wanted, value, at) {
                self.fault(at, value, keyword, wanted);
            }
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            let described = schema.get("properties").and_then(|properties| properties.get(name));
            let at = format!("{at}/{name}");
            match described.or_else(|| schema.get("additionalProperties")) {
                Some(described) => self.value(described, member, &at),
                None if self.undescribed == Undescribed::Refused && schema.get("type").is_some() => {
                    self.fault(&at, member, "an undescribed member", &Value::Null);
                }
                None => {}
            }
        }
        if let Some(items) = schema.get("items") {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                self.value(items, item, &format!("{at}/{index}"));
            }
        }
    }

    /// Returns `false` if the value does not fit a keyword that looks at the value alone.
    fn fits(&self, keyword: &str, wanted: &Value, value: &Value, at: &str) -> bool {
        let length = |text: &str| text.chars().count() as u64;
        let (text, number, bound) = (value.as_str(), value.as_f64(), wanted.as_f64());
        match keyword {
            "type" => one_or_many(wanted).any(|kind| is(kind, value)),
            "enum" => wanted.as_array().is_some_and(|values| values.contains(value)),
            "const" => wanted == value,
            "minimum" => number.is_none_or(|number| bound.is_some_and(|bound| number >= bound)),
            "maximum" => number.is_none_or(|number| bound.is_some_and(|bound| number <= bound)),
            "minLength" => text.is_none_or(|text| wanted.as_u64().is_some_and(|least| length(text) >= least)),
            "maxLength" => text.is_none_or(|text| wanted.as_u64().is_some_and(|most| length(text) <= most)),
            "maxItems" => value.as_array().is_none_or(|items| Some(items.len() as u64) <= wanted.as_u64()),
            "required" => value.as_object().is_none_or(|members| {
                wanted
                    .as_array()
                    .into_iter()
                    .flatten()
                    .all(|name| name.as_str().is_some_and(|name| members.contains_key(name)))
            }),
            "anyOf" => wanted.as_array().into_iter().flatten().any(|one| {
                let mut check = Check { document: self.document, undescribed: self.undescribed, faults: Vec::new() };
                check.value(one, value, at);
                check.faults.is_empty()
            }),
            "format" => text.is_none_or(|text| has_format(wanted, text)),
            // Checked with the members and elements, or without an effect on values.
            "$ref" | "properties" | "additionalProperties" | "items" | "description" | "default" => true,
            _ => false,
        }
    }

    fn fault(&mut self, at: &str, value: &Value, keyword: &str, wanted: &Value) {
        self.faults.push(format!("{at}: {value} does not fit {keyword} {wanted}"));
    }
}

fn one_or_many(kinds: &Value) -> impl Iterator<Item = &str> {
    kinds.as_array().into_iter().flatten().chain([kinds]).filter_map(Value::as_str)
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// Returns `true` if a text has the format. A number's format is its size, which `minimum` and `maximum` describe.
fn has_format(format: &Value, text: &str) -> bool {
    let digits = |text: &str, pattern: &str| {
        let fits = |(letter, wanted): (char, char)| match wanted {
            '0' => letter.is_ascii_digit(),
            'f' => letter.is_ascii_hexdigit(),
            _ => letter == wanted,
        };
        text.len() == pattern.len() && text.chars().zip(pattern.chars()).all(fits)
    };
    let day = text.get(..10).is_some_and(|day| digits(day, "0000-00-00"));
    match format.as_str() {
        Some("date-time") => {
            let time = text.get(10..19).is_some_and(|time| digits(time, "T00:00:00"));
            day && time && text.ends_with('Z')
        }
        Some("date") => day && text.len() == 10,
        Some("uuid") => digits(&text.to_lowercase(), "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        Some("password") => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_is_found() {
        let document = json!({ "place": { "type": "object", "properties": { "code": { "type": "string" } } } });
        let schema = json!({
            "type": "object", "required": ["id"], "additionalProperties": false,
            "properties": {
                "id": { "type": "integer", "minimum": 1, "maximum": 9 },
                "name": { "type": ["string", "null"], "minLength": 1, "maxLength": 3, "description": "The name." },
                "state": { "type": "string", "enum": ["on", "off"] },
                "always": { "type": "boolean", "const": true },
                "time": { "type": "string", "format": "date-time" },
                "list": { "type": "array", "maxItems": 2, "items": { "anyOf": [{ "type": "null" }, { "$ref": "#/place" }] } },
            },
        });
        let found = |value: &Value| faults(&document, &schema, value, Undescribed::Refused);
        for good in [
            json!({ "id": 1 }),
            json!({ "id": 9, "name": null, "state": "on", "always": true, "time": "2026-01-02T03:04:05.6Z" }),
            json!({ "id": 1, "list": [null, { "code": "x" }] }),
        ] {
            assert_eq!(found(&good), [""; 0], "{good}");
        }
        for bad in [
            json!([]),
            json!({}),
            json!({ "id": 0 }),
            json!({ "id": 10 }),
            json!({ "id": 1.5 }),
            json!({ "id": 1, "more": 1 }),
            json!({ "id": 1, "name": "" }),
            json!({ "id": 1, "name": "four" }),
            json!({ "id": 1, "name": 1 }),
            json!({ "id": 1, "state": "lost" }),
            json!({ "id": 1, "always": false }),
            json!({ "id": 1, "time": "yesterday" }),
            json!({ "id": 1, "list": [null, null, null] }),
            json!({ "id": 1, "list": [{ "code": 1 }] }),
            json!({ "id": 1, "list": [{ "other": "x" }] }),
        ] {
            assert_eq!(found(&bad).len(), 1, "{bad}: {:?}", found(&bad));
        }
    }

    #[test]
    fn an_answer_has_the_form_of_its_path() {
        let bss = json!({ "Code": -404, "Message": "m", "Result": "", "ErrorCode": -404, "ErrorMessage": "m" });
        let portal = json!({ "code": -404, "message": "m", "fields": {} });
        assert_eq!(answer_faults("/api/interworks/nothing", 404, &bss), [""; 0]);
        assert_eq!(answer_faults("/portal/nothing", 404, &portal), [""; 0]);
        assert_eq!(answer_faults("/portal/plans/list", 404, &portal), [""; 0]);
        for (path, status, answer) in [
            ("/api/interworks/nothing", 200, &bss),
            ("/api/interworks/nothing", 404, &portal),
            ("/portal/nothing", 404, &bss),
            ("/portal/plans/list", 418, &portal),
            ("/portal/plans/list", 200, &portal),
        ] {
            assert!(!answer_faults(path, status, answer).is_empty(), "{path} {status}");
        }
    }

    #[test]
    fn an_undescribed_member_is_accepted_where_it_may_be_and_an_unknown_keyword_is_a_difference() {
        let (document, open) = (Value::Null, json!({ "type": "object", "properties": {} }));
        let value = json!({ "more": 1 });
        assert_eq!(faults(&document, &open, &value, Undescribed::Accepted), [""; 0]);
        assert_eq!(faults(&document, &open, &value, Undescribed::Refused).len(), 1);
        assert_eq!(faults(&document, &json!({ "not": {} }), &value, Undescribed::Accepted).len(), 1);
    }
}
