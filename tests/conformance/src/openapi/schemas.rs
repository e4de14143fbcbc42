//! The schemas of the wire types, as `schemars` derives them from the types in the endpoints' contracts.
//!
//! A request and a response of the same type can differ, for example in the required members, so each has a generator.

use schemars::generate::{Contract, SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};
use service_manager::endpoints::{Access, Endpoint};

/// The place of the schemas in the description.
const PLACE: &str = "/components/schemas";

/// The treatment of null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Null {
    /// As the type says.
    Kept,
    /// It is not described: in a request of the BSS, any member may be null, which the description says once.
    Removed,
    /// Only a required member can be null: an optional member that has no value is absent.
    OfRequired,
}

/// The schemas of all wire types that were asked for.
#[derive(Debug)]
pub struct Schemas {
    bss_requests: SchemaGenerator,
    portal_requests: SchemaGenerator,
    responses: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        Self {
            bss_requests: generator(Contract::Deserialize),
            portal_requests: generator(Contract::Deserialize),
            responses: generator(Contract::Serialize),
        }
    }
}

impl Schemas {
    /// Returns the schema of the endpoint's requests, if they have a body.
    pub fn request(&mut self, endpoint: &Endpoint) -> Option<Value> {
        let (generator, null) = match endpoint.access {
            Access::Application { .. } => (&mut self.bss_requests, Null::Removed),
            Access::MspSession(..)
            | Access::UsageKey(_)
            | Access::Anonymous(_)
            | Access::SignedReport(_)
            | Access::Page(_) => (&mut self.portal_requests, Null::Kept),
        };
        let request = endpoint.contract.request?;
        Some(tidied((request.schema)(generator), null))
    }

    /// Returns the schema of the endpoint's successful responses.
    pub fn response(&mut self, endpoint: &Endpoint) -> Value {
        tidied((endpoint.contract.response)(&mut self.responses), Null::OfRequired)
    }

    /// Returns the schema of a response that several endpoints have.
    pub fn shared_response<T: JsonSchema>(&mut self) -> Value {
        tidied(self.responses.subschema_for::<T>(), Null::OfRequired)
    }

    /// Returns the schemas that the others refer to: of the BSS's requests, of other requests, and of responses.
    pub fn definitions(mut self) -> [Map<String, Value>; 3] {
        let all = [
            (&mut self.bss_requests, Null::Removed),
            (&mut self.portal_requests, Null::Kept),
            (&mut self.responses, Null::OfRequired),
        ];
        all.map(|(generator, null)| {
            let mut definitions = generator.take_definitions(true);
            definitions.values_mut().for_each(|schema| tidy(schema, null));
            definitions
        })
    }
}

fn generator(contract: Contract) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        PLACE.clone_into(settings.definitions_path.to_mut());
        settings.meta_schema = None;
        settings.contract = contract;
    });
    settings.into_generator()
}

fn tidied(schema: Schema, null: Null) -> Value {
    let mut schema = schema.to_value();
    tidy(&mut schema, null);
    schema
}

/// Brings a schema into the form that readers and tools know best, from the inside out.
fn tidy(schema: &mut Value, null: Null) {
    for keyword in ["items", "additionalProperties"] {
        schema.get_mut(keyword).into_iter().for_each(|inner| tidy(inner, null));
    }
    for keyword in ["anyOf", "oneOf"] {
        let inner = schema.get_mut(keyword).and_then(Value::as_array_mut);
        inner.into_iter().flatten().for_each(|inner| tidy(inner, null));
    }
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (name, member) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        tidy(member, null);
        if null == Null::OfRequired && !required.contains(&json!(name)) {
            remove_null(member);
        }
    }
    if let Some(schema) = schema.as_object_mut() {
        remove_default(schema);
        name_values(schema);
        flow_description(schema);
    }
    if null == Null::Removed {
        remove_null(schema);
    }
}

/// Removes a default that says the same as an absent member: null, an empty text or an empty collection.
fn remove_default(schema: &mut Map<String, Value>) {
    if schema.get("default").is_some_and(|default| [json!(null), json!(""), json!({}), json!([])].contains(default)) {
        schema.remove("default");
    }
}

/// Replaces alternatives that are single values by a list of values. The description then describes each value.
fn name_values(schema: &mut Map<String, Value>) {
    let values = |schema: &Map<String, Value>| {
        let alternatives = schema.get("oneOf")?.as_array()?;
        alternatives.iter().map(|one| Some((one.get("const")?.clone(), one.clone()))).collect::<Option<Vec<_>>>()
    };
    let Some(values) = values(schema) else { return };
    schema.remove("oneOf");
    let kind = values.first().and_then(|(_, one)| one.get("type").cloned());
    schema.extend(kind.map(|kind| ("type".to_owned(), kind)));
    let described = values.iter().filter_map(|(value, one)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(format!("`{value}`: {}", one.get("description")?.as_str()?))
    });
    let own = schema.get("description").and_then(Value::as_str).map(str::to_owned);
    let description = own.into_iter().chain(described).collect::<Vec<_>>().join("\n\n");
    if !description.is_empty() {
        schema.insert("description".to_owned(), json!(description));
    }
    schema.insert("enum".to_owned(), values.into_iter().map(|(value, _)| value).collect());
}

/// Joins the lines of each paragraph, and replaces links within the source by their text.
fn flow_description(schema: &mut Map<String, Value>) {
    let Some(Value::String(text)) = schema.get_mut("description") else { return };
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
    let mut flowing = paragraphs.collect::<Vec<_>>().join("\n\n");
    while let Some((before, link)) = flowing.split_once("[`")
        && let Some((name, after)) = link.split_once("`]")
    {
        let target = after.strip_prefix('(').and_then(|target| target.split_once(')'));
        flowing = format!("{before}`{name}`{}", target.map_or(after, |(_, after)| after));
    }
    *text = flowing;
}

fn remove_null(schema: &mut Value) {
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| *kind != json!("null"));
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            schema.as_object_mut().and_then(|schema| schema.insert("type".to_owned(), only));
        }
    }
    let alternatives = schema.get_mut("anyOf").and_then(Value::as_array_mut);
    let Some(alternatives) = alternatives else { return };
    alternatives.retain(|one| one.get("type") != Some(&json!("null")));
    let [only] = alternatives.as_slice() else { return };
    let only = only.clone();
    if let (Some(schema), Value::Object(only)) = (schema.as_object_mut(), only) {
        schema.remove("anyOf");
        // The member's own description is closer than that of its type.
        for (keyword, value) in only {
            schema.entry(keyword).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidy_of(mut schema: Value, null: Null) -> Value {
        tidy(&mut schema, null);
        schema
    }

    #[test]
    fn values_are_a_list_with_their_descriptions() {
        let schema = json!({ "description": "A state.", "oneOf": [
            { "const": "a", "type": "string", "description": "One\nline." }, { "const": "b", "type": "string" },
        ] });
        let expected = json!({
            "description": "A state.\n\n`a`: One line.", "type": "string", "enum": ["a", "b"],
        });
        assert_eq!(tidy_of(schema, Null::Kept), expected);
    }

    #[test]
    fn null_is_kept_or_removed() {
        let schema = json!({
            "required": ["a"],
            "properties": {
                "a": { "type": ["string", "null"], "default": "" },
                "b": { "anyOf": [{ "$ref": "#/x" }, { "type": "null" }] },
            },
        });
        let of = |null| {
            let tidied = tidy_of(schema.clone(), null);
            let nullable = |name: &str| tidied["properties"][name].to_string().contains("null");
            assert!(!tidied.to_string().contains("default"), "{tidied}");
            [nullable("a"), nullable("b")]
        };
        assert_eq!(of(Null::Kept), [true, true]);
        assert_eq!(of(Null::OfRequired), [true, false]);
        assert_eq!(of(Null::Removed), [false, false]);
    }

    #[test]
    fn a_link_within_the_source_is_its_text() {
        let schema = json!({ "description": "See [`a`](crate::a)\nand [`b`]." });
        assert_eq!(tidy_of(schema, Null::Kept), json!({ "description": "See `a` and `b`." }));
    }
}
