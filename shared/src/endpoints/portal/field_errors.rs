//! Errors of a portal request: one text per invalid field, and the body of an error response.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::reference::Reference;
use crate::endpoints::portal::msp_message::msp_message;

/// Collects the errors of a request's fields, so that all of them are reported at once.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<(&'static str, String)>);

impl FieldErrors {
    /// Creates an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the error of a single field.
    pub fn single(field: &'static str, text: impl Into<String>) -> ServiceError {
        let mut errors = Self::new();
        errors.add(field, text);
        errors.into_error()
    }

    /// Adds an error of a field.
    pub fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push((field, text.into()));
    }

    /// Returns the parsed value, or adds the error of its field and returns `None`.
    pub fn collect<T>(&mut self, field: &'static str, parsed: Result<T, impl Into<String>>) -> Option<T> {
        parsed.map_err(|text| self.add(field, text)).ok()
    }

    /// Returns an error if the collection is not empty.
    ///
    /// # Errors
    /// [`ErrorCode::FieldsInvalid`], with the text of each field.
    pub fn into_result(self) -> Result<(), ServiceError> {
        if self.0.is_empty() { Ok(()) } else { Err(self.into_error()) }
    }

    fn into_error(self) -> ServiceError {
        let names: Vec<_> = self.0.iter().map(|(field, _)| *field).collect();
        let message =
            format!("Some fields are missing or invalid: {}. Correct them as `fields` describes.", names.join(", "));
        ServiceError::new(ErrorCode::FieldsInvalid, message).with_fields(self.0)
    }
}

/// The body of an error response.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct PortalError<'a> {
    /// The error's code.
    code: i32,
    /// One text per invalid field, by the name of the field; empty for other errors.
    fields: BTreeMap<&'a str, &'a str>,
    /// The error and the required action, for the MSP, and the reference of the request.
    message: String,
}

/// Returns the body of an error response, with the message for the MSP and the reference of the request.
pub fn error_body<'a>(error: &'a ServiceError, reference: &Reference) -> PortalError<'a> {
    let fields = error.fields().iter().map(|(field, text)| (*field, text.as_str())).collect();
    PortalError { code: error.code().number(), fields, message: reference.after(&msp_message(error)) }
}
