//! Error responses of the vendor. Most are JSON with code, message and errors; a gateway in front of the API sends
//! plain text or HTML.

use axum::Json;
use axum::response::{Html, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::json;

/// One reason why an object is invalid.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Fault {
    /// Such as `MissingRequiredField`.
    pub code: &'static str,
    /// Message for people.
    pub message: String,
    /// The noun of the object.
    pub resource: &'static str,
    /// The field, or the member of it, such as `status/id`.
    pub field: String,
}

/// An error response.
#[derive(Debug)]
pub enum Refusal {
    /// The codebase or the company is not the instance's.
    CannotRoute,
    /// No such path.
    Nowhere,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The URL has more than 10,000 characters.
    TooLong,
    /// The rate limit is exceeded. The value is the time until the next call is allowed, in seconds.
    TooMany(i64),
    /// Missing or wrong keys.
    Unauthenticated,
    /// The client id is missing or not a GUID.
    NoClientId,
    /// The member's role lacks the permission.
    Security,
    /// The `Accept` header has no type that the API supports.
    NotAcceptable,
    /// The content type is not JSON.
    UnsupportedMediaType,
    /// The body is not JSON, or not of the expected shape.
    Malformed(String),
    /// An invalid query.
    Query(String),
    /// An invalid condition.
    Condition(String),
    /// There is no such record. The values are its label and id.
    NotFound(&'static str, u32),
    /// The record is in use.
    InUse(String),
    /// A patch of a field that does not exist or can't be changed.
    Path(String),
    /// The object's noun and its errors.
    Invalid(&'static str, Vec<Fault>),
    /// The sandbox could not write its file.
    Unsaved(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let said = |status, code: &str, message: &str| refuse(status, code, message, None);
        match self {
            Self::CannotRoute => (StatusCode::BAD_REQUEST, "Cannot route. Codebase/company is invalid").into_response(),
            Self::Nowhere => page(StatusCode::NOT_FOUND, "The resource cannot be found."),
            Self::TooLong => page(StatusCode::URI_TOO_LONG, "The request URL is too long."),
            Self::MethodNotAllowed => said(
                StatusCode::METHOD_NOT_ALLOWED,
                "MethodNotAllowed",
                "The requested resource does not support this HTTP method.",
            ),
            Self::TooMany(seconds) => too_many(seconds),
            Self::Unauthenticated => said(StatusCode::UNAUTHORIZED, "ConnectWiseApi", "UserNotAuthenticated"),
            Self::NoClientId => {
                said(StatusCode::FORBIDDEN, "ConnectWiseApi", "The clientId header is missing or invalid.")
            }
            Self::Security => {
                said(StatusCode::FORBIDDEN, "Security", "You do not have security permission to perform this action.")
            }
            Self::NotAcceptable => {
                said(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", "The Accept header names no version of the API.")
            }
            Self::UnsupportedMediaType => said(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "UnsupportedMediaType",
                "The request entity's media type is not supported for this resource.",
            ),
            Self::Malformed(reason) => said(StatusCode::BAD_REQUEST, "InvalidObject", &reason),
            Self::Query(reason) => said(StatusCode::BAD_REQUEST, "ConnectWiseApi", &reason),
            Self::Condition(reason) => said(StatusCode::BAD_REQUEST, "ApiFindCondition", &reason),
            Self::NotFound(label, id) => said(StatusCode::NOT_FOUND, "NotFound", &format!("{label} {id} not found")),
            Self::InUse(reason) => said(StatusCode::CONFLICT, "Conflict", &reason),
            Self::Path(path) => {
                said(StatusCode::BAD_REQUEST, "InvalidObject", &format!("the path {path} is not valid"))
            }
            Self::Invalid(noun, faults) => {
                refuse(StatusCode::BAD_REQUEST, "InvalidObject", &format!("{noun} object is invalid"), Some(&faults))
            }
            Self::Unsaved(reason) => said(StatusCode::INTERNAL_SERVER_ERROR, "Sandbox", &reason),
        }
    }
}

fn refuse(status: StatusCode, code: &str, message: &str, faults: Option<&[Fault]>) -> Response {
    (status, Json(json!({ "code": code, "message": message, "errors": faults }))).into_response()
}

fn page(status: StatusCode, text: &str) -> Response {
    (status, Html(format!("<!DOCTYPE html><html><body><h1>{}</h1><p>{text}</p></body></html>", status.as_u16())))
        .into_response()
}

fn too_many(seconds: i64) -> Response {
    let message = format!("Too many requests. Please try again in {seconds} seconds.");
    let body = Json(json!({ "error": "ConnectWiseAPI", "message": message }));
    let mut response = (StatusCode::TOO_MANY_REQUESTS, body).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
