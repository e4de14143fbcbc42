//! One fault rule: which calls it selects, and what becomes of them.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use json_patch::Patch;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::serve::MAX_BODY;

/// A fault rule: a filter on calls, a count, and the fault.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// HTTP method. If absent, any method.
    #[serde(default)]
    pub method: Option<String>,
    /// Glob (`*` matches any number of characters) for the whole path, or for the path below the sandbox's base.
    pub path: String,
    /// A header that the call must have.
    #[serde(default)]
    pub header: Option<HeaderRule>,
    /// Number of matching calls that pass before the rule fires.
    #[serde(default)]
    pub after: u64,
    /// Number of calls to hit after that. `None` for all.
    #[serde(default)]
    pub times: Option<u64>,
    /// Delay before anything else, in milliseconds.
    #[serde(default)]
    pub delay_ms: Option<u64>,
    /// Status returned instead of the sandbox's response.
    #[serde(default)]
    pub status: Option<u16>,
    /// Body returned with `status`. A string is sent unchanged, any other value as JSON.
    #[serde(default)]
    pub body: Option<Value>,
    /// Headers returned with `status`: strings or numbers.
    #[serde(default)]
    pub headers: BTreeMap<String, Value>,
    /// Closes the connection without a response.
    #[serde(default)]
    pub drop: Option<Cut>,
    /// With `status`: processes the call first.
    #[serde(default)]
    pub act: bool,
    /// Changes of the JSON body of the sandbox's response (RFC 6902).
    #[serde(default)]
    pub patch: Patch,
    /// Names of headers removed from the sandbox's response.
    #[serde(default)]
    pub without_headers: Vec<String>,
}

/// A header and a glob over its value.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderRule {
    /// The header's name.
    pub name: String,
    /// Glob over its value.
    pub value: String,
}

/// The time at which the connection is dropped. As a response extension, it instructs the server to drop it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// Before the call is processed.
    Before,
    /// After the call is processed.
    After,
}

impl Rule {
    pub(super) fn matches(&self, base: &str, method: &str, path: &str, headers: &HeaderMap) -> bool {
        let method_fits = self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        let below = path.strip_prefix(base).filter(|below| below.starts_with('/'));
        let path_fits = glob(&self.path, path) || below.is_some_and(|below| glob(&self.path, below));
        let header_fits = self.header.as_ref().is_none_or(|wanted| {
            let mut values = headers.get_all(&wanted.name).iter();
            values.any(|value| value.to_str().is_ok_and(|text| glob(&wanted.value, text)))
        });
        method_fits && path_fits && header_fits
    }

    /// Refuses a rule that does nothing, and members that do not go together.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.delay_ms.is_none() && self.status.is_none() && self.drop.is_none() && !self.alters() {
            return Err("needs at least one of delay_ms, status, drop, patch, without_headers".into());
        }
        if self.alters() && (self.status.is_some() || self.drop.is_some()) {
            return Err("patch and without_headers change the response, so they do not go with status or drop".into());
        }
        for name in &self.without_headers {
            HeaderName::try_from(name).map_err(|error| format!("without_headers {name}: {error}"))?;
        }
        match self.status {
            Some(200..=599) => self.answer().map(|_| ()),
            Some(status) => Err(format!("status {status} is not in 200 to 599")),
            None if self.body.is_some() || !self.headers.is_empty() || self.act => {
                Err("body, headers and act go with status".into())
            }
            None => Ok(()),
        }
    }

    /// Returns the response that stands in the rule.
    pub(super) fn answer(&self) -> Result<Response, String> {
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        let mut response = match &self.body {
            None => Body::empty().into_response(),
            Some(Value::String(text)) => text.clone().into_response(),
            Some(json) => Json(json).into_response(),
        };
        *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in &self.headers {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(format!("header {name} must be a string or a number")),
            };
            let name = HeaderName::try_from(name).map_err(|error| format!("header {name}: {error}"))?;
            let value = HeaderValue::try_from(text).map_err(|error| format!("header {name}: {error}"))?;
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }

    fn alters(&self) -> bool {
        !self.patch.is_empty() || !self.without_headers.is_empty()
    }

    /// Returns the sandbox's response without the named headers and with the patched body.
    ///
    /// # Errors
    ///
    /// If the body is not JSON, or an operation of the patch does not fit it. Nothing is patched then.
    pub(super) async fn alter(&self, response: Response) -> Result<Response, String> {
        let (mut parts, mut body) = response.into_parts();
        for name in &self.without_headers {
            parts.headers.remove(name);
        }
        if !self.patch.is_empty() {
            let bytes = to_bytes(body, MAX_BODY).await.map_err(|error| format!("patch: {error}"))?;
            let mut json: Value =
                serde_json::from_slice(&bytes).map_err(|error| format!("patch: the response is not JSON: {error}"))?;
            json_patch::patch(&mut json, &self.patch).map_err(|error| format!("patch: {error}"))?;
            parts.headers.remove(CONTENT_LENGTH);
            body = Body::from(json.to_string());
        }
        Ok(Response::from_parts(parts, body))
    }
}

/// Returns `true` if `text` matches `pattern`, where `*` stands for any number of characters.
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, mut pattern)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    while let Some((part, rest)) = pattern.split_once('*') {
        let Some((_, after)) = text.split_once(part) else { return false };
        (pattern, text) = (rest, after);
    }
    text.ends_with(pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, fits) in [
            ("/users", "/users", true),
            ("/users", "/users/1", false),
            ("/users*", "/users", true),
            ("*", "", true),
            ("**", "x", true),
            ("/users/*/suspend", "/users/440032-6/suspend", true),
            ("/users/*/suspend", "/users/440032-6/unsuspend", false),
            ("/users/*/suspend", "/users/suspend", false),
            ("*UpdateItem", "DynamoDB_20120810.UpdateItem", true),
            ("*UpdateItem", "DynamoDB_20120810.TransactWriteItems", false),
            ("a*ab", "ab", false),
            ("a*b*b", "ab", false),
            ("a*b*b", "abb", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} on {text}");
        }
    }
}
