//! Lenient parsing of request bodies from BSS installations of any version.
//!
//! [`parse`] normalizes the body, then deserializes it. The other functions are for serde's `deserialize_with`; each
//! accepts every form of a value that the BSS sends.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};
use serde_path_to_error::{Path, Segment};

use crate::bss::TextMap;

#[cfg(test)]
pub(super) mod tests;

/// The reason that a body cannot be parsed. It never contains a value of the body, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The body is not JSON, or is empty.
    #[error("the body is not JSON")]
    NotJson,
    /// The body is JSON, but a list or a scalar.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// A member has the wrong type, or is missing.
    #[error("{path} must be {expected}")]
    Field {
        /// The path of the member, in the caller's letter case: `Addons[1].Quantity`.
        path: String,
        /// The expected value: `a whole number`.
        expected: String,
    },
}

/// Parses a request body. `T` declares its members in lower case, because the body is normalized first:
/// - Every key at every depth is lowercased, including the keys of string maps. Of keys that differ only in case, the
///   first one that is not null is used.
/// - Members and list elements that are null are removed.
///
/// # Errors
/// [`Malformed`] names the member and the expected value.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    let original: Value = serde_json::from_slice(body).map_err(|_| Malformed::NotJson)?;
    if !original.is_object() {
        return Err(Malformed::NotAnObject);
    }
    serde_path_to_error::deserialize(normalize(&original)).map_err(|error| {
        let path = original_path(&original, error.path());
        field_error(path, &error.inner().to_string())
    })
}

fn normalize(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut normalized = Map::new();
            for (key, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                normalized.entry(key.to_lowercase()).or_insert_with(|| normalize(member));
            }
            Value::Object(normalized)
        }
        Value::Array(elements) => elements.iter().filter(|element| !element.is_null()).map(normalize).collect(),
        scalar => scalar.clone(),
    }
}

/// Returns the path of a normalized member in the letter case of the original body.
fn original_path(original: &Value, path: &Path) -> String {
    let mut at = Some(original);
    let mut text = String::new();
    for segment in path {
        if let Segment::Seq { index } = segment {
            let elements = at.and_then(Value::as_array).into_iter().flatten().enumerate();
            let found = elements.filter(|(_, element)| !element.is_null()).nth(*index);
            at = found.map(|(_, element)| element);
            let position = found.map_or(*index, |(position, _)| position);
            text.extend(["[", &position.to_string(), "]"]);
        } else {
            let key = segment.to_string();
            let members = at.and_then(Value::as_object).into_iter().flatten();
            let found = members.filter(|(_, member)| !member.is_null()).find(|(name, _)| name.to_lowercase() == key);
            at = found.map(|(_, member)| member);
            if !text.is_empty() {
                text.push('.');
            }
            text += found.map_or(&key, |(name, _)| name);
        }
    }
    text
}

/// Builds the error from serde's message. Only the expected value is kept, because the rest quotes the actual value.
fn field_error(mut path: String, message: &str) -> Malformed {
    let typed = ["invalid type: ", "invalid value: ", "invalid length "].iter().any(|start| message.starts_with(start));
    let expected = match message.rsplit_once(", expected ") {
        Some((_, "a sequence")) if typed => "a list",
        Some((_, expected)) if typed && expected.starts_with("struct ") => "an object",
        Some((_, expected)) if typed => expected,
        _ => "valid",
    };
    if let Some(name) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let dot = if path.is_empty() { "" } else { "." };
        path.extend([dot, name]);
        return Malformed::Field { path, expected: "present".to_owned() };
    }
    if path.is_empty() {
        path += "the body";
    }
    Malformed::Field { path, expected: expected.to_owned() }
}

/// Deserializes text, unchanged. A number or a boolean becomes its JSON text.
pub fn text<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<T, D::Error> {
    read(deserializer, "text", scalar_text).map(T::from)
}

/// Deserializes an id: text, which is trimmed, or a whole number.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    read(deserializer, "an id (text or a whole number)", |value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => {
            number.as_u64().map(|id| id.to_string()).or_else(|| whole_number(value).map(|id| id.to_string()))
        }
        _ => None,
    })
}

/// Deserializes a boolean: `true`, the text `"true"` in any letter case, `1` or `"1"`, and their opposites.
pub fn boolean<'de, D: Deserializer<'de>, T: From<bool>>(deserializer: D) -> Result<T, D::Error> {
    read(deserializer, "true or false", |value| match scalar_text(value)?.trim() {
        "1" => Some(true),
        "0" => Some(false),
        name if name.eq_ignore_ascii_case("true") => Some(true),
        name if name.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    })
    .map(T::from)
}

/// Deserializes a whole number. A float without a fraction and text are accepted.
pub fn integer<'de, D: Deserializer<'de>, T: From<i64>>(deserializer: D) -> Result<T, D::Error> {
    read(deserializer, "a whole number", whole_number).map(T::from)
}

/// Deserializes a string map. Members that are objects or lists are skipped; the members that the service manager reads
/// are scalars.
pub fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TextMap, D::Error> {
    let members: Map<String, Value> = object(deserializer)?;
    Ok(members.into_iter().filter_map(|(key, value)| Some((key, scalar_text(&value)?))).collect())
}

/// Deserializes a value of the library's type "any" as text. The scalar elements of a list are joined with `|`; an
/// object becomes its JSON text.
pub fn any_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::Array(elements) => Some(elements.iter().filter_map(scalar_text).collect::<Vec<_>>().join("|")),
        object @ Value::Object(_) => Some(object.to_string()),
        scalar => scalar_text(&scalar),
    })
}

/// Deserializes an object. serde alone would also accept a list for a struct, member by member.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(ObjectVisitor(PhantomData))
}

/// Deserializes a list of objects.
pub fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let elements = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(elements.into_iter().map(|Object(element)| element).collect())
}

/// A value that is an object: some, read like [`object`].
pub fn some_object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    object(deserializer).map(Some)
}

/// A value that is a list of objects: some, read like [`objects`].
pub fn some_objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    objects(deserializer).map(Some)
}

/// An element that must be an object, for places where `deserialize_with` cannot be used.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        object(deserializer).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members))
    }
}

fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &'static str,
    accept: impl Fn(&Value) -> Option<T>,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    accept(&value).ok_or_else(|| Error::invalid_value(Unexpected::Other("another"), &expected))
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(boolean) => Some(boolean.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn whole_number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| integral(number)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| integral(&text.parse().ok()?))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns the float as an integer, if it has no fraction and is within the range in which floats are exact (±2^53).
fn integral(number: &Number) -> Option<i64> {
    let float = number.as_f64()?;
    if float.fract() != 0.0 || float.abs() > 9_007_199_254_740_992.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the float has no fraction and is within ±2^53")]
    Some(float as i64)
}
