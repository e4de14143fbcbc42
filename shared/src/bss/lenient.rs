//! Reads what the BSS sends, whatever the age of the installation that sends it.
//!
//! [`parse`] folds the body to one shape, then deserializes it. The functions below it are for serde's
//! `deserialize_with`: each accepts every spelling of a value that the BSS uses.

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

/// Why a body can't be read, in the caller's terms. It never holds a value of the body: that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not JSON, or empty.
    #[error("the body is not JSON")]
    NotJson,
    /// JSON, but a list or a scalar.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// A member has a type that it can't have.
    #[error("{path} must be {expected}")]
    Field {
        /// Where, spelled as the caller spelled it: `Addons[1].Quantity`.
        path: String,
        /// What should stand there: `a whole number`.
        expected: String,
    },
}

/// Reads a request body. `T` names its members in lower case: before it sees them,
/// - every key at every depth is lower case, keys of string maps too; of keys that differ in case only, the first that is not null counts,
/// - members and list elements that are null are gone.
///
/// # Errors
/// [`Malformed`] says what is wrong.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Malformed> {
    let original: Value = serde_json::from_slice(body).map_err(|_| Malformed::NotJson)?;
    if !original.is_object() {
        return Err(Malformed::NotAnObject);
    }
    serde_path_to_error::deserialize(fold(&original)).map_err(|error| {
        let path = spelled(&original, error.path());
        wrong(path, &error.inner().to_string())
    })
}

fn fold(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut folded = Map::new();
            for (key, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                folded.entry(key.to_lowercase()).or_insert_with(|| fold(member));
            }
            Value::Object(folded)
        }
        Value::Array(elements) => elements.iter().filter(|element| !element.is_null()).map(fold).collect(),
        scalar => scalar.clone(),
    }
}

/// The path of a folded member as it stands in the original.
fn spelled(original: &Value, path: &Path) -> String {
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

/// Of serde's message, what was expected. The rest is dropped, since it quotes the value.
fn wrong(mut path: String, message: &str) -> Malformed {
    let typed = ["invalid type: ", "invalid value: ", "invalid length "].iter().any(|start| message.starts_with(start));
    let expected = match message.rsplit_once(", expected ") {
        Some((_, "a sequence")) if typed => "a list",
        Some((_, what)) if typed && what.starts_with("struct ") => "an object",
        Some((_, what)) if typed => what,
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

/// Text, kept as it is; a number or a boolean is taken as its JSON text.
pub fn text<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<T, D::Error> {
    read(deserializer, "text", scalar_text).map(T::from)
}

/// An id: text, trimmed, or a whole number.
pub fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    read(deserializer, "an id (text or a whole number)", |value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => {
            number.as_u64().map(|id| id.to_string()).or_else(|| whole(value).map(|id| id.to_string()))
        }
        _ => None,
    })
}

/// A boolean, as itself, as text in any letter case, as 1 or 0, or as `"1"` or `"0"`.
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

/// A whole number, also as a float without a fraction, or as text.
pub fn integer<'de, D: Deserializer<'de>, T: From<i64>>(deserializer: D) -> Result<T, D::Error> {
    read(deserializer, "a whole number", whole).map(T::from)
}

/// A string map. Members that are objects or lists are skipped: none of ours are.
pub fn map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TextMap, D::Error> {
    let members: Map<String, Value> = object(deserializer)?;
    Ok(members.into_iter().filter_map(|(key, value)| Some((key, scalar_text(&value)?))).collect())
}

/// A value of the library's type "any", as text: of a list the scalar elements joined with `|`, of an object its JSON.
pub fn any_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::Array(elements) => Some(elements.iter().filter_map(scalar_text).collect::<Vec<_>>().join("|")),
        object @ Value::Object(_) => Some(object.to_string()),
        scalar => scalar_text(&scalar),
    })
}

/// An object. (serde alone would take a list for a struct as well, member by member.)
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(ObjectVisitor(PhantomData))
}

/// A list of objects.
pub fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let elements = Vec::<Object<T>>::deserialize(deserializer)?;
    Ok(elements.into_iter().map(|Object(element)| element).collect())
}

/// An element that must be an object, where `deserialize_with` can't say so.
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

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| integral(number)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| integral(&text.parse().ok()?))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The integer that a float is, within the bounds where each float is one integer (2^53).
fn integral(number: &Number) -> Option<i64> {
    let float = number.as_f64()?;
    if float.fract() != 0.0 || float.abs() > 9_007_199_254_740_992.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it has no fraction and is within ±2^53")]
    Some(float as i64)
}
