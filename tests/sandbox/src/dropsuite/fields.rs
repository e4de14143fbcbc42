//! Validation of request bodies against the fields that a call permits.

use serde_json::{Map, Value};

use super::refusal::{Errors, Refusal};

/// The type of a field. `null` counts as absent.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A string that is not blank.
    Text,
    /// Any string.
    Free,
    /// An e-mail address.
    Email,
    /// A list of e-mail addresses.
    Emails,
    /// Two letters.
    Country,
    /// An integer from 1.
    Seats,
    /// An integer from 0.
    Count,
    /// True or false.
    Flag,
}

/// A parsed body with the errors found so far.
#[derive(Debug)]
pub struct Fields {
    values: Map<String, Value>,
    errors: Errors,
}

impl Fields {
    /// Parses `body` and records unknown fields and wrong types. An empty body has no fields.
    pub fn parse(body: &[u8], permitted: &[(&str, Kind)]) -> Result<Self, Refusal> {
        let values: Map<String, Value> = if body.is_empty() {
            Map::new()
        } else {
            serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))?
        };
        let mut fields = Self { values, errors: Errors::new() };
        for (name, value) in &fields.values {
            let kind = permitted.iter().find(|(permitted, _)| permitted == name).map(|(_, kind)| *kind);
            let fault = match kind {
                None => Some("is not a permitted parameter"),
                Some(_) if value.is_null() => None,
                Some(kind) => kind.fault(value),
            };
            if let Some(reason) = fault {
                fields.errors.entry(name.clone()).or_default().push(reason.to_owned());
            }
        }
        Ok(fields)
    }

    /// Records an error for each of `names` that is absent.
    pub fn require(&mut self, names: &[&str]) {
        for name in names {
            if !self.has(name) {
                self.refuse(name, "can't be blank");
            }
        }
    }

    /// Sets the field if it is absent.
    pub fn default(&mut self, name: &str, value: impl Into<Value>) {
        if !self.has(name) {
            self.values.insert(name.to_owned(), value.into());
        }
    }

    /// Records an error.
    pub fn refuse(&mut self, name: &str, reason: &str) {
        self.errors.entry(name.to_owned()).or_default().push(reason.to_owned());
    }

    /// Returns an error if any was recorded.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.errors.clone())) }
    }

    /// Returns `true` if the field is present and not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Returns `true` if the field is present, also if it is `null`.
    pub fn names(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Returns the field as a string.
    pub fn text(&self, name: &str) -> Option<String> {
        self.value(name)?.as_str().map(str::to_owned)
    }

    /// Returns the field as a number.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.as_u64().and_then(|number| u32::try_from(number).ok())
    }

    /// Returns the field as a boolean.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    /// Returns the field as a list of strings.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let list = self.value(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name).filter(|value| !value.is_null())
    }
}

impl Kind {
    fn fault(self, value: &Value) -> Option<&'static str> {
        match self {
            Self::Text => text_fault(value, |text| !text.trim().is_empty(), "can't be blank"),
            Self::Free => text_fault(value, |_| true, ""),
            Self::Email => text_fault(value, is_email, "is invalid"),
            Self::Emails => {
                let all_emails = |list: &Vec<Value>| list.iter().all(|item| item.as_str().is_some_and(is_email));
                (!value.as_array().is_some_and(all_emails)).then_some("must be an array of e-mail addresses")
            }
            Self::Country => {
                let two_letters = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
                text_fault(value, two_letters, "must be two letters")
            }
            Self::Seats => integer_fault(value, 1, "must be greater than or equal to 1"),
            Self::Count => integer_fault(value, 0, "must be greater than or equal to 0"),
            Self::Flag => (!value.is_boolean()).then_some("must be true or false"),
        }
    }
}

fn text_fault(value: &Value, fits: impl Fn(&str) -> bool, reason: &'static str) -> Option<&'static str> {
    match value.as_str() {
        None => Some("must be a string"),
        Some(text) => (!fits(text)).then_some(reason),
    }
}

fn integer_fault(value: &Value, least: i64, reason: &'static str) -> Option<&'static str> {
    match value.as_i64() {
        None => Some("must be an integer"),
        Some(number) if number < least => Some(reason),
        Some(number) => (number > i64::from(u32::MAX)).then_some("is too large"),
    }
}

/// Returns `true` if the text looks like an e-mail address.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let clean = |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace());
    clean(local) && clean(domain) && domain.split('.').count() > 1 && domain.split('.').all(|label| !label.is_empty())
}
