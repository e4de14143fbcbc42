//! `template.yaml` as data, with `CloudFormation`'s short tags expanded (`!Ref x` to `{"Ref": "x"}`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use yaml_serde::Value as Yaml;

use crate::{Error, root};

/// The folder in which `cargo lambda build` makes one folder for each binary.
pub const BUILT: &str = "target/lambda/";

/// The template.
#[derive(Clone, Debug)]
pub struct Template(Value);

/// A function of the template.
#[derive(Debug)]
pub struct Function {
    /// Logical id.
    pub id: String,
    /// Name of its binary; empty if its code is elsewhere.
    pub binary: String,
    /// Logical id of its role.
    pub role: String,
    /// Method and path of each of its routes.
    pub routes: Vec<(String, String)>,
    /// `true` if it has the variable with the table's name.
    pub knows_table: bool,
    /// `true` if it has the variable with the encryption key.
    pub knows_key: bool,
    /// The statements of its role.
    pub statements: Vec<Statement>,
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Allowed actions.
    pub actions: Vec<String>,
    /// Resources, as JSON.
    pub resources: Vec<String>,
    /// Condition, as JSON, if any.
    pub condition: Option<String>,
}

impl Template {
    /// Reads `template.yaml`.
    pub fn read() -> Result<Self, Error> {
        Self::parse(&std::fs::read_to_string(root().join("template.yaml"))?)
    }

    /// Parses a template, or a part of one that begins with `Resources:`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self(written_out(yaml_serde::from_str(text)?)?))
    }

    /// Returns the value at a JSON pointer, or `null`.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// Returns the resources of a type, by logical id.
    pub fn resources(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let all = self.at("/Resources").as_object().into_iter().flatten();
        all.filter(|(_, resource)| text(resource, "/Type") == kind)
            .map(|(id, resource)| (id.as_str(), resource))
            .collect()
    }

    /// Returns all functions.
    pub fn functions(&self) -> Vec<Function> {
        let functions = self.resources("AWS::Serverless::Function");
        functions.into_iter().map(|(id, function)| self.function(id, function)).collect()
    }

    fn function(&self, id: &str, function: &Value) -> Function {
        let role = text(function, "/Properties/Role/Fn::GetAtt").trim_end_matches(".Arn").to_owned();
        let events = function.pointer("/Properties/Events").and_then(Value::as_object);
        let knows = |variable: &str| {
            function.pointer("/Properties/Environment/Variables").is_some_and(|set| set.get(variable).is_some())
        };
        let routes = events.into_iter().flatten().map(|(_, event)| {
            (text(event, "/Properties/Method").to_owned(), text(event, "/Properties/Path").to_owned())
        });
        Function {
            id: id.to_owned(),
            binary: text(function, "/Properties/CodeUri").strip_prefix(BUILT).unwrap_or_default().to_owned(),
            routes: routes.filter(|(method, _)| !method.is_empty()).collect(),
            knows_table: knows("TABLE_NAME"),
            knows_key: knows("SEAL_KEY_ID"),
            statements: self.statements_of_role(&role),
            role,
        }
    }

    /// Returns the statements of a role's own policies.
    pub fn role(&self, role: &str) -> Vec<Statement> {
        let mut statements = Vec::new();
        let policies = self.at(&format!("/Resources/{role}/Properties/Policies"));
        each(Some(policies), |policy| statements.extend(statements_in(policy)));
        statements
    }

    fn statements_of_role(&self, role: &str) -> Vec<Statement> {
        let properties = self.at(&format!("/Resources/{role}/Properties"));
        let mut statements = self.role(role);
        let managed = properties.pointer("/ManagedPolicyArns").cloned().unwrap_or_default();
        for name in refs(&managed).into_iter().filter(|name| name != "AWS::NoValue") {
            statements.extend(statements_in(self.at(&format!("/Resources/{name}/Properties"))));
        }
        statements
    }

    /// Returns all policy statements that allow something, with the logical id of their resource.
    pub fn statements(&self) -> Vec<(&str, Statement)> {
        let resources = self.at("/Resources").as_object().into_iter().flatten();
        resources
            .flat_map(|(id, resource)| found(resource).into_iter().map(move |found| (id.as_str(), found)))
            .collect()
    }
}

/// Returns the names in `Ref`s in `value`, at any depth.
pub fn refs(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value {
                Value::String(target) if name == "Ref" => vec![target.clone()],
                other => refs(other),
            })
            .collect(),
        Value::Array(elements) => elements.iter().flat_map(refs).collect(),
        _ => Vec::new(),
    }
}

/// Returns the text at a JSON pointer, or an empty string.
pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn statements_in(policy: &Value) -> Vec<Statement> {
    let mut statements = Vec::new();
    each(policy.pointer("/PolicyDocument/Statement"), |statement| statements.push(Statement::from(statement)));
    statements
}

fn found(value: &Value) -> Vec<Statement> {
    match value {
        Value::Object(members) if members.contains_key("Effect") => vec![Statement::from(value)],
        Value::Object(members) => members.values().flat_map(found).collect(),
        Value::Array(elements) => elements.iter().flat_map(found).collect(),
        _ => Vec::new(),
    }
}

impl From<&Value> for Statement {
    fn from(statement: &Value) -> Self {
        let mut actions = Vec::new();
        each(statement.get("Action"), |action| actions.push(action.as_str().unwrap_or("?").to_owned()));
        let mut resources = Vec::new();
        each(statement.get("Resource"), |resource| resources.push(resource.to_string()));
        Self { actions, resources, condition: statement.get("Condition").map(Value::to_string) }
    }
}

/// Calls `what` for a single value or for each value of a list: `CloudFormation` accepts both.
fn each<'a>(value: Option<&'a Value>, mut what: impl FnMut(&'a Value)) {
    match value {
        Some(Value::Array(elements)) => elements.iter().for_each(what),
        Some(one) => what(one),
        None => {}
    }
}

fn written_out(yaml: Yaml) -> Result<Value, Error> {
    Ok(match yaml {
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = match name.trim_start_matches('!') {
                name @ ("Ref" | "Condition") => name.to_owned(),
                name => format!("Fn::{name}"),
            };
            json!({ name: written_out(tagged.value)? })
        }
        Yaml::Sequence(elements) => elements.into_iter().map(written_out).collect::<Result<Value, _>>()?,
        Yaml::Mapping(members) => {
            let member = |(name, value): (Yaml, Yaml)| {
                Ok::<_, Error>((name.as_str().ok_or("a key that is no text")?.to_owned(), written_out(value)?))
            };
            Value::Object(members.into_iter().map(member).collect::<Result<Map<_, _>, _>>()?)
        }
        plain => serde_json::to_value(plain)?,
    })
}
