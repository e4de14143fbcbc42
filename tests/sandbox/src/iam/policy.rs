//! A policy document. Elements that are not known are refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::condition::{Condition, ConditionError};

/// The only version of the policy language that has policy variables, and the one that the template states.
const VERSION: &str = "2012-10-17";

/// A policy that is not understood completely.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PolicyError {
    /// It has another form, or elements that are not known.
    #[error("the policy is not understood: {0}")]
    Form(String),
    /// It is of another version of the policy language.
    #[error("Version must be {VERSION}, not {0}")]
    Version(String),
    /// An action or a resource has a policy variable.
    #[error("policy variables are not known: {0}")]
    Variable(String),
    /// An action names no service.
    #[error("an action is SERVICE:ACTION or *, not {0}")]
    Action(String),
    /// A resource is no ARN.
    #[error("a resource is an ARN or *, not {0}")]
    Resource(String),
    /// A policy of a role names principals, or one of a resource names none or other ones.
    #[error("the principals are not known: {0}")]
    Principals(String),
    /// A condition is not known.
    #[error(transparent)]
    Condition(#[from] ConditionError),
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    pub(super) statements: Vec<Statement>,
}

/// The effect of a statement.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    /// The ARNs of AWS principals and the names of services, in a policy of a resource.
    pub(super) principals: Option<BTreeMap<String, Vec<String>>>,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) conditions: Vec<Condition>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Document {
    version: String,
    #[serde(rename = "Id")]
    _id: Option<String>,
    statement: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct Raw {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    principal: Option<BTreeMap<String, OneOrMore<String>>>,
    action: OneOrMore<String>,
    resource: OneOrMore<String>,
    #[serde(default)]
    condition: BTreeMap<String, BTreeMap<String, OneOrMore<String>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore<T> {
    More(Vec<T>),
    One(T),
}

impl<T> OneOrMore<T> {
    pub(super) fn all(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::More(all) => all,
        }
    }
}

impl Policy {
    /// Reads a policy of a role, whose `CloudFormation` functions are resolved.
    ///
    /// # Errors
    /// Anything in it is not known.
    pub fn of_role(document: &Value) -> Result<Self, PolicyError> {
        let policy = Self::read(document)?;
        match policy.statements.iter().find_map(|statement| statement.principals.as_ref()) {
            Some(principals) => Err(PolicyError::Principals(format!("{principals:?} in a policy of a role"))),
            None => Ok(policy),
        }
    }

    /// Reads the policy of a key. Its principals are the account, roles and services.
    ///
    /// # Errors
    /// Anything in it is not known.
    pub fn of_key(document: &Value) -> Result<Self, PolicyError> {
        let policy = Self::read(document)?;
        for statement in &policy.statements {
            let principals = statement.principals.iter().flatten();
            let mut names = principals.flat_map(|(kind, names)| names.iter().map(move |name| (kind.as_str(), name)));
            let is_known = |(kind, name): (&str, &String)| match kind {
                "AWS" => name == "*" || name.starts_with("arn:aws:iam::"),
                kind => kind == "Service",
            };
            if statement.principals.is_none() || !names.all(is_known) {
                return Err(PolicyError::Principals(format!("{:?} in the policy of a key", statement.principals)));
            }
        }
        Ok(policy)
    }

    fn read(document: &Value) -> Result<Self, PolicyError> {
        let document = Document::deserialize(document).map_err(|error| PolicyError::Form(error.to_string()))?;
        if document.version != VERSION {
            return Err(PolicyError::Version(document.version));
        }
        let statements = match document.statement {
            Value::Array(all) => all,
            one => vec![one],
        };
        let read = |statement: Value| {
            let raw = Raw::deserialize(statement).map_err(|error| PolicyError::Form(error.to_string()))?;
            Statement::read(raw)
        };
        Ok(Self { statements: statements.into_iter().map(read).collect::<Result<_, _>>()? })
    }
}

impl Statement {
    fn read(raw: Raw) -> Result<Self, PolicyError> {
        let (actions, resources) = (raw.action.all(), raw.resource.all());
        for text in actions.iter().chain(&resources) {
            if text.contains("${") {
                return Err(PolicyError::Variable(text.clone()));
            }
        }
        if let Some(action) = actions.iter().find(|action| *action != "*" && !action.contains(':')) {
            return Err(PolicyError::Action(action.clone()));
        }
        if let Some(other) = resources.iter().find(|one| *one != "*" && !one.starts_with("arn:")) {
            return Err(PolicyError::Resource(other.clone()));
        }
        let mut conditions = Vec::new();
        for (operator, keys) in raw.condition {
            for (key, values) in keys {
                conditions.push(Condition::read(&operator, &key, values.all())?);
            }
        }
        let principals = raw.principal.map(|all| all.into_iter().map(|(kind, names)| (kind, names.all())).collect());
        Ok(Self { effect: raw.effect, principals, actions, resources, conditions })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(changes: &Value) -> Result<Policy, PolicyError> {
        let mut statement = json!({ "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*" });
        for (name, value) in changes.as_object().unwrap() {
            statement[name] = value.clone();
        }
        Policy::of_role(&json!({ "Version": VERSION, "Statement": [statement] }))
    }

    #[test]
    fn what_is_not_known_is_refused() {
        with(&json!({})).unwrap();
        for (changes, expected) in [
            (json!({ "NotAction": "sqs:*" }), "NotAction"),
            (json!({ "NotResource": "*" }), "NotResource"),
            (json!({ "NotPrincipal": { "AWS": "*" } }), "NotPrincipal"),
            (json!({ "Principal": "*" }), "the policy is not understood"),
            (json!({ "Principal": { "AWS": "*" } }), "in a policy of a role"),
            (json!({ "Effect": "Audit" }), "Audit"),
            (json!({ "Resource": "arn:aws:sqs:*:*:${aws:username}" }), "policy variables"),
            (json!({ "Resource": { "Ref": "Queue" } }), "the policy is not understood"),
            (json!({ "Resource": "queue" }), "a resource is an ARN"),
            (json!({ "Action": "SendMessage" }), "an action is"),
            (json!({ "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } }), "IpAddress"),
            (json!({ "Condition": { "StringEqualsIfExists": { "kms:ViaService": "x" } } }), "StringEqualsIfExists"),
            (json!({ "Condition": { "Bool": { "aws:SecureTransport": "true" } } }), "Bool"),
            (json!({ "Condition": { "StringEquals": { "aws:PrincipalTag/team": "x" } } }), "aws:PrincipalTag/team"),
            (json!({ "Condition": { "StringEquals": { "dynamodb:LeadingKeys": "x" } } }), "dynamodb:LeadingKeys"),
            (json!({ "Condition": { "ForAllValues:StringEquals": { "kms:ViaService": "x" } } }), "kms:ViaService"),
            (json!({ "Condition": { "Null": { "kms:ViaService": "maybe" } } }), "maybe"),
            (json!({ "Condition": { "StringLike": { "kms:ViaService": "${aws:x}" } } }), "${aws:x}"),
        ] {
            let refused = with(&changes).unwrap_err().to_string();
            assert!(refused.contains(expected), "{changes}: {refused}");
        }
        let old = json!({ "Version": "2008-10-17", "Statement": [] });
        assert_eq!(Policy::of_role(&old), Err(PolicyError::Version("2008-10-17".to_owned())));
        assert!(matches!(Policy::of_role(&json!({ "Statement": [] })), Err(PolicyError::Form(_))));
    }

    #[test]
    fn the_policy_of_a_key_names_principals_that_are_known() {
        let of_key = |principal: Value| {
            let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*" });
            Policy::of_key(&json!({ "Version": VERSION, "Statement": statement }))
        };
        of_key(json!({ "AWS": "arn:aws:iam::000000000000:root" })).unwrap();
        of_key(json!({ "Service": ["logs.eu-west-1.amazonaws.com"] })).unwrap();
        for other in [json!(null), json!({ "AWS": "000000000000" }), json!({ "Federated": "x" })] {
            assert!(matches!(of_key(other.clone()), Err(PolicyError::Principals(_))), "{other}");
        }
    }
}
