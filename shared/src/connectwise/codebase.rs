//! The codebase: the part of the URL that names the release of an instance. It changes when ConnectWise upgrades a
//! cloud.

use std::borrow::Cow;

use http::Method;
use serde_json::Value;
use url::Url;

use super::ConnectWiseError;
use crate::http_client::{Effect, JSON, Request, Response};

/// Works on premises. On the cloud it leads to the newest release.
const DEFAULT: &str = "v4_6_release/";

/// Returns the lookup request. It needs no credentials.
pub fn lookup_request(origin: &Url, company: &str) -> Request {
    let mut url = origin.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(["login", "companyinfo", company]);
    }
    Request {
        name: "company-info",
        effect: Effect::Read,
        method: Method::GET,
        url,
        path_template: Cow::Borrowed("login/companyinfo/{company}"),
        credentials: Vec::new(),
        accept: JSON,
        body: None,
    }
}

/// Returns the codebase of a lookup response, with a trailing slash. Returns the default if the site does not report
/// one.
///
/// # Errors
/// [`ConnectWiseError::UnknownCompany`] if the site has no such company.
pub fn parse(response: &Response, company: &str) -> Result<String, ConnectWiseError> {
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    if response.status.is_success() && body == Some(Value::Null) {
        return Err(ConnectWiseError::UnknownCompany { company: company.to_owned() });
    }
    let codebase = body.as_ref().and_then(|body| body.get("Codebase")?.as_str()).map(|text| text.trim_matches('/'));
    let is_valid = |text: &&str| {
        !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    Ok(codebase.filter(is_valid).map_or_else(|| DEFAULT.to_owned(), |codebase| format!("{codebase}/")))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn parsed(status: u16, body: &str) -> Result<String, String> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let response = Response { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body };
        parse(&response, "demo").map_err(|error| error.to_string())
    }

    #[test]
    fn the_default_stands_in_for_a_missing_or_invalid_codebase() {
        for (status, body, expected) in [
            (200, r#"{"Codebase": "v2017_3/", "IsCloud": "True"}"#, "v2017_3/"),
            (200, r#"{"Codebase": "v2026_1"}"#, "v2026_1/"),
            (200, r#"{"Codebase": ""}"#, DEFAULT),
            (200, r#"{"Codebase": "../../login/"}"#, DEFAULT),
            (200, "{}", DEFAULT),
            (404, "<html>", DEFAULT),
            (404, "null", DEFAULT),
        ] {
            assert_eq!(parsed(status, body).as_deref(), Ok(expected), "{body}");
        }
        assert_eq!(parsed(200, "null").unwrap_err(), "unknown company demo");
    }

    #[test]
    fn a_company_is_one_path_segment() {
        let origin = Url::parse("https://api-na.myconnectwise.net/").unwrap();
        let url = lookup_request(&origin, "../a b?c").url;
        assert_eq!(url.as_str(), "https://api-na.myconnectwise.net/login/companyinfo/..%2Fa%20b%3Fc");
    }
}
