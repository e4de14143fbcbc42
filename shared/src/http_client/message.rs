//! Requests and responses, as values.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
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
    /// The path below the vendor's base address, for the log. Names in braces stand for ids, so it holds none.
    pub path_template: Cow<'static, str>,
    /// The credentials, by header name.
    pub credentials: Vec<(&'static str, SecretString)>,
    /// The `Accept` header.
    pub accept: &'static str,
    /// The JSON body. It holds no secret, because the log has a digest of it, from which a short secret could be guessed.
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

impl Response {
    /// Returns `true` if the body is a page for people. No API that is called here answers with one: it comes from a
    /// system in front of it, such as a gateway, a firewall or a sign-in page, and says nothing about the request.
    pub fn is_html(&self) -> bool {
        let declared = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let text = String::from_utf8_lossy(self.body.get(..MAX_START).unwrap_or(&self.body));
        declared.is_some_and(|declared| declared.trim_start().to_ascii_lowercase().starts_with("text/html"))
            || text.trim_start_matches('\u{feff}').trim_start().starts_with('<')
    }
}

/// Number of bytes of a body that are looked at for its first character.
const MAX_START: usize = 256;

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_page_is_known_by_its_type_or_its_first_character() {
        let is_html = |content_type: Option<&'static str>, body: &'static str| {
            let headers = content_type.map(|value| (CONTENT_TYPE, HeaderValue::from_static(value)));
            let headers = HeaderMap::from_iter(headers);
            Response { status: StatusCode::FORBIDDEN, headers, body: Bytes::from_static(body.as_bytes()) }.is_html()
        };
        for body in ["<html>", "\u{feff}\r\n <!DOCTYPE html>"] {
            assert!(is_html(None, body), "{body}");
        }
        assert!(is_html(Some("Text/HTML; charset=utf-8"), ""));
        for body in ["", "{}", "[\"<b>\"]", "Error in call: <name>"] {
            assert!(!is_html(Some("application/json"), body), "{body}");
            assert!(!is_html(None, body), "{body}");
        }
    }
}
