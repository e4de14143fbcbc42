//! Requests and responses, as values.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use secrecy::SecretString;
use url::Url;

/// What is accepted of a vendor whose models have no versions.
pub const JSON: &str = "application/json";

/// What a call does to the vendor, and so whether it may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: may be repeated at will.
    Read,
    /// Changes something: never repeated once it may have arrived.
    Write,
}

/// A call to a vendor.
#[derive(Clone, Debug)]
pub struct Request {
    /// The operation's name, for the log.
    pub name: &'static str,
    /// Whether it may be repeated.
    pub effect: Effect,
    /// The HTTP method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// Credentials, by header name.
    pub credentials: Vec<(&'static str, SecretString)>,
    /// The `Accept` header.
    pub accept: &'static str,
    /// The JSON body.
    pub body: Option<serde_json::Value>,
}

/// A vendor's answer, of a status below 500.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, unread.
    pub body: Bytes,
}
