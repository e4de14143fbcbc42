//! The settings that a service manager declares.

use serde_json::Value;

/// A field of `fields/get`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its id, the name of the setting.
    pub id: String,
    /// It must have a value.
    pub is_required: bool,
}

/// The fields of an answer to `fields/get`; none if it is not such an answer.
pub fn declared(answer: &Value) -> Option<Vec<Declared>> {
    answer.get("Fields")?.as_array()?.iter().map(field).collect()
}

fn field(field: &Value) -> Option<Declared> {
    let id = field.get("ID")?.as_str()?.to_owned();
    let is_required = field.pointer("/Definition/IsRequired").and_then(Value::as_bool).unwrap_or_default();
    Some(Declared { id, is_required })
}

/// The mistakes in `given`, the names of the settings: required ones without a value, and ones that are not declared.
pub fn mistakes(declared: &[Declared], given: &[&str]) -> Vec<String> {
    let is_given = |field: &&Declared| !given.iter().any(|name| name.eq_ignore_ascii_case(&field.id));
    let missing = declared.iter().filter(|field| field.is_required).filter(is_given).map(|Declared { id, .. }| {
        format!("Pass --setting {id}=VALUE, or set SERVICE_MANAGER_SETTING_{}.", id.to_uppercase())
    });
    let known: Vec<_> = declared.iter().map(|field| field.id.as_str()).collect();
    let unknown = given.iter().filter(|name| !known.iter().any(|id| id.eq_ignore_ascii_case(name)));
    let unknown = unknown.map(|name| format!("There is no setting {name}; there are {}.", known.join(", ")));
    missing.chain(unknown).collect()
}
