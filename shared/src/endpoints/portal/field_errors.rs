//! Errors of a portal request: one text per invalid field, and the body of an error response.

use serde::Serialize;
use serde_json::json;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// Collects the errors of a request's fields, so that all of them are reported at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<(&'static str, String)>);

impl FieldErrors {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the error of a single field.
    pub fn single(field: &'static str, what: impl Into<String>) -> ServiceError {
        let mut faults = Self::new();
        faults.add(field, what);
        faults.into_error()
    }

    /// Adds an error of a field.
    pub fn add(&mut self, field: &'static str, what: impl Into<String>) {
        self.0.push((field, what.into()));
    }

    /// Returns the parsed value, or adds the error of its field and returns `None`.
    pub fn collect<T>(&mut self, field: &'static str, parsed: Result<T, impl Into<String>>) -> Option<T> {
        parsed.map_err(|what| self.add(field, what)).ok()
    }

    /// Returns an error if the collection is not empty.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`], with the text of each field.
    pub fn into_result(self) -> Result<(), ServiceError> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }

    fn into_error(self) -> ServiceError {
        let named: Vec<_> = self.0.iter().map(|(field, _)| *field).collect();
        let message =
            format!("Some fields are missing or invalid: {}. Correct them as `fields` describes.", named.join(", "));
        ServiceError::new(ErrorCode::FieldsInvalid, message).with_fields(self.0)
    }
}

/// Returns the body of an error response: `code`, `message`, and `fields` with one text per invalid field.
pub fn error_body(failure: &ServiceError) -> impl Serialize {
    let fields: serde_json::Map<_, _> =
        failure.fields().iter().map(|(field, what)| ((*field).to_owned(), json!(what))).collect();
    json!({ "code": failure.code().number(), "message": failure.message(), "fields": fields })
}
