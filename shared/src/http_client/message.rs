//! Requests and responses, as values.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use secrecy::SecretString;
use url::Url;

/// The `Accept` header for vendors whose media types have no versions.
pub const JSON: &str = "application/json";

/// The effect of a call at the vendor, which determines if it may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The call changes nothing. It may always be repeated.
    Read,
    /// The call changes something. It is never repeated once it may have arrived.
    Write,
}

/// A request to a vendor.
#[derive(Clone, Debug)]
pub struct Request {
    /// The name of the operation, for the log.
    pub name: &'static str,
    /// The effect, which determines if the request may be repeated.
    pub effect: Effect,
    /// The HTTP method.
    pub method: Method,
    /// The complete URL.
    pub url: Url,
    /// The credentials, by header name.
    pub credentials: Vec<(&'static str, SecretString)>,
    /// The `Accept` header.
    pub accept: &'static str,
    /// The JSON body.
    pub body: Option<serde_json::Value>,
}

/// A vendor's response, with a status below 500.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, not decoded. The request's credentials are redacted in its words.
    pub body: Bytes,
}
