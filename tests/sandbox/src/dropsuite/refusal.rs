//! Error responses of the vendor (G10).

use std::collections::BTreeMap;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

/// Messages by field, as in Rails.
pub type Errors = BTreeMap<String, Vec<String>>;

/// An error response.
#[derive(Debug)]
pub enum Refusal {
    /// Missing, wrong or insufficient token.
    Unauthorized,
    /// A sub-reseller may only read.
    Forbidden,
    /// The caller has no such object.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The body is not a JSON object.
    Malformed(String),
    /// The vendor's rules do not allow the call.
    Invalid(Errors),
    /// The sandbox could not write its file.
    Unsaved(String),
}

impl Refusal {
    /// Returns an error with one message for one field. `base` stands for the object as a whole.
    pub fn invalid(field: &str, reason: &str) -> Self {
        Self::Invalid(Errors::from([(field.to_owned(), vec![reason.to_owned()])]))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::Unauthorized => {
                (StatusCode::UNAUTHORIZED, json!({ "error": "You are not authorized to perform this action" }))
            }
            Self::Forbidden => {
                (StatusCode::FORBIDDEN, json!({ "error": "You are not permitted to perform this action" }))
            }
            Self::NotFound => (StatusCode::NOT_FOUND, json!({ "error": "Not Found" })),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, json!({ "error": "Method Not Allowed" })),
            Self::Malformed(reason) => {
                (StatusCode::BAD_REQUEST, json!({ "error": format!("Body is not a JSON object: {reason}") }))
            }
            Self::Invalid(errors) => (StatusCode::UNPROCESSABLE_ENTITY, json!({ "errors": errors })),
            Self::Unsaved(reason) => (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": reason })),
        };
        (status, Json(body)).into_response()
    }
}
