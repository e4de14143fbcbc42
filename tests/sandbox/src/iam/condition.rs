//! Conditions of statements: operators and keys of the services that the local stack has.

use std::collections::BTreeMap;

use thiserror::Error;

use super::pattern::{matches, matches_arn};

/// The prefix of keys that name a member of the encryption context.
const ENCRYPTION_CONTEXT: &str = "kms:encryptioncontext:";
/// The service through which a key is used.
const VIA_SERVICE: &str = "kms:viaservice";
/// The partition keys of a request, of which there can be several.
const LEADING_KEYS: &str = "dynamodb:leadingkeys";

/// A condition that is not known.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ConditionError {
    /// The operator is not known, or not for this key.
    #[error("{operator} is not known as a condition on {key}")]
    Operator {
        /// The operator.
        operator: String,
        /// The condition key.
        key: String,
    },
    /// The key is not known: a call would never have it.
    #[error("the condition key {0} is not known")]
    Key(String),
    /// The value has a policy variable or, with `Null`, is neither true nor false.
    #[error("the condition on {key} has the value {value}, which is not known")]
    Value {
        /// The condition key.
        key: String,
        /// The value.
        value: String,
    },
}

/// The values of a call's condition keys. Keys are in lower case, because their case does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Adds a key with one value.
    pub(super) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.insert(key.to_lowercase(), vec![value.into()]);
        self
    }

    /// Adds the partition keys of a request.
    pub(super) fn with_leading_keys(mut self, values: Vec<String>) -> Self {
        self.0.insert(LEADING_KEYS.to_owned(), values);
        self
    }

    /// Returns the value of a key that has one.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.0.get(&key.to_lowercase()).and_then(|values| values.first()).map(String::as_str)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equals,
    NotEquals,
    Like,
    ArnLike,
    Null,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    /// The key has one value.
    Single,
    ForAll,
    ForAny,
}

/// A condition: one operator, one key, and the values of which one must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    set: Set,
    operator: Operator,
    key: String,
    values: Vec<String>,
}

impl Condition {
    pub(super) fn read(operator: &str, key: &str, values: Vec<String>) -> Result<Self, ConditionError> {
        let unknown = || ConditionError::Operator { operator: operator.to_owned(), key: key.to_owned() };
        let (set, name) = match operator.split_once(':') {
            Some(("ForAllValues", name)) => (Set::ForAll, name),
            Some(("ForAnyValue", name)) => (Set::ForAny, name),
            Some(_) => return Err(unknown()),
            None => (Set::Single, operator),
        };
        let operator = match name {
            "StringEquals" => Operator::Equals,
            "StringNotEquals" => Operator::NotEquals,
            "StringLike" => Operator::Like,
            "ArnLike" => Operator::ArnLike,
            "Null" => Operator::Null,
            _ => return Err(unknown()),
        };
        let lower = key.to_lowercase();
        let has_many = lower == LEADING_KEYS;
        if !has_many && lower != VIA_SERVICE && !lower.starts_with(ENCRYPTION_CONTEXT) {
            return Err(ConditionError::Key(key.to_owned()));
        }
        // AWS: a set operator belongs to a key with several values, and to no other.
        if has_many != (set != Set::Single) {
            return Err(unknown());
        }
        let is_refused = |value: &String| match operator {
            Operator::Null => !["true", "false"].contains(&value.as_str()),
            _ => value.contains("${"),
        };
        if let Some(value) = values.iter().find(|value| is_refused(value)) {
            return Err(ConditionError::Value { key: key.to_owned(), value: value.clone() });
        }
        Ok(Self { set, operator, key: lower, values })
    }

    /// Returns `true` if the condition holds for the call.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let present = context.0.get(&self.key).map(Vec::as_slice).unwrap_or_default();
        if self.operator == Operator::Null {
            return self.values.iter().any(|value| (value == "true") == present.is_empty());
        }
        match self.set {
            Set::Single => match present {
                // A key that is missing equals nothing.
                [] => self.operator == Operator::NotEquals,
                [one] => self.fits(one),
                _ => false,
            },
            // True if there is no value at all.
            Set::ForAll => present.iter().all(|value| self.fits(value)),
            Set::ForAny => present.iter().any(|value| self.fits(value)),
        }
    }

    fn fits(&self, value: &str) -> bool {
        let any = |fits: fn(&str, &str) -> bool| self.values.iter().any(|expected| fits(expected, value));
        match self.operator {
            Operator::Equals => any(|expected, value| expected == value),
            Operator::NotEquals => !any(|expected, value| expected == value),
            Operator::Like => any(matches),
            Operator::ArnLike => any(matches_arn),
            Operator::Null => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: &str, key: &str, values: &[&str], context: &Context) -> bool {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Condition::read(operator, key, values).unwrap().holds(context)
    }

    #[test]
    fn one_of_the_values_must_match() {
        let through = Context::default().with("kms:ViaService", "sqs.eu-west-1.amazonaws.com");
        let is = |operator, values: &[&str]| holds(operator, "KMS:viaservice", values, &through);
        assert!(is("StringEquals", &["dynamodb.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"]));
        assert!(!is("StringEquals", &["SQS.eu-west-1.amazonaws.com"]), "values have a case");
        assert!(!is("StringEquals", &["sqs.*"]), "no wildcard");
        assert!(is("StringLike", &["sqs.*.amazonaws.com"]));
        assert!(!is("StringLike", &["dynamodb.*"]));
        assert!(is("StringNotEquals", &["dynamodb.eu-west-1.amazonaws.com"]));
        assert!(!is("StringNotEquals", &["x", "sqs.eu-west-1.amazonaws.com"]));
    }

    #[test]
    fn a_missing_key_equals_nothing_and_is_null() {
        let (none, key) = (Context::default(), "kms:EncryptionContext:tenant");
        for operator in ["StringEquals", "StringLike", "ArnLike"] {
            assert!(!holds(operator, key, &["*"], &none), "{operator}");
        }
        assert!(holds("StringNotEquals", key, &["x"], &none));
        assert!(holds("Null", key, &["true"], &none));
        assert!(!holds("Null", key, &["false"], &none));
        let named = Context::default().with(key, "acme");
        assert!(!holds("Null", key, &["true"], &named));
        assert!(holds("Null", key, &["false"], &named));
        let log = "arn:aws:logs:eu-west-1:0:log-group:/aws/lambda/stack-fields-get";
        let logs = Context::default().with("kms:EncryptionContext:aws:logs:arn", log);
        assert!(holds(
            "ArnLike",
            "kms:EncryptionContext:aws:logs:arn",
            &["arn:aws:logs:*:0:log-group:*/stack-*"],
            &logs
        ));
    }

    #[test]
    fn a_set_of_values_is_compared_as_all_or_any() {
        let keys = |values: &[&str]| {
            Context::default().with_leading_keys(values.iter().map(|value| (*value).to_owned()).collect())
        };
        let is = |operator, context| holds(operator, "dynamodb:LeadingKeys", &["acme#*", "all"], &context);
        assert!(is("ForAllValues:StringLike", keys(&["acme#1", "all"])));
        assert!(!is("ForAllValues:StringLike", keys(&["acme#1", "other#1"])));
        assert!(is("ForAnyValue:StringLike", keys(&["acme#1", "other#1"])));
        assert!(!is("ForAnyValue:StringLike", keys(&["other#1"])));
        assert!(!is("ForAllValues:StringEquals", keys(&["acme#1"])));
        assert!(is("ForAllValues:StringLike", Context::default()), "no value is outside the set");
        assert!(!is("ForAnyValue:StringLike", Context::default()), "no value is in the set");
    }
}
