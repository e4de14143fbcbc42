//! Checks requests and responses against the vendor's OpenAPI description. Used by tests of the sandbox and of its
//! clients.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use http::Method;
use serde_json::Value;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| Document(read()));

/// Reads the file that `CONNECTWISE_OPENAPI` names; by default `tests/connectwise/openapi-subset.json`.
///
/// # Panics
/// The file is missing or is not JSON. A check without its description must fail, not pass.
#[expect(clippy::panic, reason = "a test without its description must fail")]
pub(super) fn read() -> Value {
    let subset = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connectwise/openapi-subset.json");
    let file = std::env::var_os("CONNECTWISE_OPENAPI").map_or(subset, PathBuf::from);
    let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The description.
#[derive(Debug)]
pub struct Document(Value);

impl Document {
    /// Returns the vendor's description, which is read once.
    ///
    /// # Panics
    /// The file is missing or is not JSON.
    pub fn load() -> &'static Self {
        &DOCUMENT
    }

    /// Returns the method and the path template of every operation.
    pub fn operations(&self) -> impl Iterator<Item = (Method, &str)> {
        let paths = at(&self.0, "/paths").as_object().into_iter().flatten();
        paths.flat_map(|(template, methods)| {
            let names = methods.as_object().into_iter().flat_map(|methods| methods.keys());
            let names = names.filter(|name| *name != "parameters");
            names.filter_map(|name| Some((name.to_uppercase().parse().ok()?, template.as_str())))
        })
    }

    /// Returns the errors of a response. Empty if the path is not described.
    pub fn faults_of_answer(&self, method: &Method, path: &str, status: u16, body: &Value) -> Vec<String> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let Some((_, operation)) = self.operation(method, path) else { return Vec::new() };
        let Some(response) = operation["responses"].get(status.to_string()) else {
            return vec![format!("{method} {path} does not return {status}: {body}")];
        };
        let schema = schema_of(response);
        if schema.is_null() {
            return if body.is_null() { Vec::new() } else { vec![format!("{method} {path} returns a body: {body}")] };
        }
        let mut faults = Vec::new();
        self.find_faults(schema, body, "", !query.contains("fields="), &mut faults);
        faults
    }

    /// Returns the errors of a request. `query` is a list of names and values.
    pub fn faults_of_request(
        &self,
        method: &Method,
        path: &str,
        query: &[(String, String)],
        body: Option<&Value>,
    ) -> Vec<String> {
        let Some((template, operation)) = self.operation(method, path) else {
            return vec![format!("{method} {path} is not described")];
        };
        let mut faults = Vec::new();
        // The path must match the template literally, including case, except for its parameters.
        if template.split('/').zip(path.split('/')).any(|(wanted, part)| wanted != part && !wanted.starts_with('{')) {
            faults.push(format!("{path} is written {template}"));
        }
        let parameters = operation["parameters"].as_array();
        for (name, _) in query {
            if !parameters.into_iter().flatten().any(|known| known["in"] == "query" && known["name"] == **name) {
                faults.push(format!("{name} is not a parameter"));
            }
        }
        let schema = schema_of(&operation["requestBody"]);
        match body {
            Some(body) => self.find_faults(schema, body, "", true, &mut faults),
            None if schema.is_null() => {}
            None => faults.push("the body is missing".to_owned()),
        }
        if let (&Method::PATCH, Some(operations)) = (method, body.and_then(Value::as_array)) {
            self.find_faults_of_patch(schema_of(at(operation, "/responses/200")), operations, &mut faults);
        }
        faults
    }

    /// Returns the errors of `value` as an instance of the schema `name`.
    pub fn faults_of(&self, name: &str, value: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let schema = at(&self.0, &format!("/components/schemas/{name}"));
        self.find_faults(schema, value, "", true, &mut faults);
        faults
    }

    fn operation(&self, method: &Method, path: &str) -> Option<(&str, &Value)> {
        let mut paths = at(&self.0, "/paths").as_object().into_iter().flatten();
        let (template, methods) = paths.find(|(template, _)| leads(template, path))?;
        Some((template, methods.get(method.as_str().to_lowercase())?))
    }

    /// Checks a patch, whose paths are the plain names of the record's fields.
    fn find_faults_of_patch(&self, record: &Value, operations: &[Value], faults: &mut Vec<String>) {
        let fields = &self.referred(record)["properties"];
        for operation in operations {
            let path = operation["path"].as_str().unwrap_or_default();
            match fields.get(path) {
                Some(schema) => self.find_faults(schema, &operation["value"], &format!("/{path}"), true, faults),
                None => faults.push(format!("{path} is not a field")),
            }
        }
    }

    fn referred<'d>(&'d self, schema: &'d Value) -> &'d Value {
        let reference = schema["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
        reference.map_or(schema, |reference| at(&self.0, reference))
    }

    fn find_faults(&self, schema: &Value, value: &Value, at: &str, whole: bool, faults: &mut Vec<String>) {
        let schema = self.referred(schema);
        // An object without declared properties accepts any value: the vendor describes the values of custom fields
        // this way.
        if schema["type"] == "object" && schema.get("properties").or(schema.get("additionalProperties")).is_none() {
            return;
        }
        let known = schema["enum"].as_array().is_none_or(|words| words.contains(value));
        if !fits(schema, value) || !known {
            faults.push(format!("{at}: {value} is not {schema}"));
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            self.find_faults(&schema["items"], item, &format!("{at}/{index}"), whole, faults);
        }
        let Some(members) = value.as_object() else { return };
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if whole && !members.contains_key(required) {
                faults.push(format!("{at}: {required} is missing"));
            }
        }
        for (name, member) in members {
            let at = format!("{at}/{name}");
            match (schema["properties"].get(name), schema.get("additionalProperties")) {
                (Some(schema), _) | (None, Some(schema)) => self.find_faults(schema, member, &at, whole, faults),
                (None, None) if schema.get("properties").is_some() => faults.push(format!("{at} is not in the schema")),
                (None, None) => {}
            }
        }
    }
}

/// Returns the value at the JSON pointer, or `null` if there is none.
fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn schema_of(message: &Value) -> &Value {
    let content = message["content"].as_object().and_then(|content| content.values().next());
    content.map_or(&Value::Null, |content| &content["schema"])
}

fn leads(template: &str, path: &str) -> bool {
    let [template, path] = [template, path].map(|path| path.trim_matches('/').split('/').collect::<Vec<_>>());
    let fits = |(wanted, segment): (&&str, &&str)| {
        wanted.eq_ignore_ascii_case(segment) || (wanted.starts_with('{') && segment.parse::<u32>().is_ok())
    };
    template.len() == path.len() && template.iter().zip(&path).all(fits)
}

fn fits(schema: &Value, value: &Value) -> bool {
    match schema["type"].as_str() {
        Some("string") => value.as_str().is_some_and(|text| {
            let is_short = longest(schema).is_none_or(|most| text.chars().count() <= most);
            is_short && (schema["format"] != "date-time" || is_date(text))
        }),
        Some("integer") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(_) | None => true,
    }
}

/// Reads the maximum length, which the vendor states in the description of a string.
fn longest(schema: &Value) -> Option<usize> {
    schema["description"].as_str()?.split("Max length: ").nth(1)?.split(';').next()?.parse().ok()
}

fn is_date(text: &str) -> bool {
    text.is_empty() || (text.len() == 20 && text.parse::<jiff::Timestamp>().is_ok())
}
