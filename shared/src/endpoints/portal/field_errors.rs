//! What an input is refused for, and how a failure is told here.

use serde::Serialize;
use serde_json::json;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// What is wrong with an input, field by field.
#[derive(Debug, Default)]
pub struct Faults(Vec<(&'static str, String)>);

impl Faults {
    /// None yet.
    pub fn none() -> Self {
        Self::default()
    }

    /// One of one field.
    pub fn of(field: &'static str, what: impl Into<String>) -> ServiceError {
        let mut faults = Self::none();
        faults.add(field, what);
        faults.into_failure()
    }

    /// Notes what is wrong with a field.
    pub fn add(&mut self, field: &'static str, what: impl Into<String>) {
        self.0.push((field, what.into()));
    }

    /// The value, or a note of what is wrong with the field.
    pub fn take<T>(&mut self, field: &'static str, parsed: Result<T, impl Into<String>>) -> Option<T> {
        parsed.map_err(|what| self.add(field, what)).ok()
    }

    /// Refuses if there are any.
    pub fn check(self) -> Result<(), ServiceError> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_failure()) }
    }

    fn into_failure(self) -> ServiceError {
        let named: Vec<_> = self.0.iter().map(|(field, _)| *field).collect();
        let message = format!("Mend what is said of these fields, then try again: {}.", named.join(", "));
        ServiceError::new(ErrorCode::FieldsInvalid, message).with_fields(self.0)
    }
}

/// The answer to a failure: `code`, `message`, and `fields` with what is wrong with each.
pub fn failed(failure: &ServiceError) -> impl Serialize {
    let fields: serde_json::Map<_, _> =
        failure.fields().iter().map(|(field, what)| ((*field).to_owned(), json!(what))).collect();
    json!({ "code": failure.code().number(), "message": failure.message(), "fields": fields })
}
