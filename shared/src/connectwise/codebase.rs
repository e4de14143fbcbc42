//! The part of the address that names the release an instance runs. It changes when ConnectWise upgrades a cloud.

use http::Method;
use serde_json::Value;
use url::Url;

use super::ConnectWiseError;
use crate::http_client::{Effect, JSON, Request, Response};

/// What works on premises, and on the cloud as a router to the newest release.
const DEFAULT: &str = "v4_6_release/";

/// The look-up, which needs no keys.
pub fn look_up(origin: &Url, company: &str) -> Request {
    let mut url = origin.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.clear().extend(["login", "companyinfo", company]);
    }
    Request {
        name: "company-info",
        effect: Effect::Read,
        method: Method::GET,
        url,
        credentials: Vec::new(),
        accept: JSON,
        body: None,
    }
}

/// The codebase that the look-up gave, with the slash at its end; the default if the site does not tell.
///
/// # Errors
/// [`ConnectWiseError::UnknownCompany`] if the site knows no such company.
pub fn read(response: &Response, company: &str) -> Result<String, ConnectWiseError> {
    let told: Option<Value> = serde_json::from_slice(&response.body).ok();
    if response.status.is_success() && told == Some(Value::Null) {
        return Err(ConnectWiseError::UnknownCompany { company: company.to_owned() });
    }
    let codebase = told.as_ref().and_then(|told| told.get("Codebase")?.as_str()).map(|text| text.trim_matches('/'));
    let is_sound = |text: &&str| {
        !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    Ok(codebase.filter(is_sound).map_or_else(|| DEFAULT.to_owned(), |codebase| format!("{codebase}/")))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;

    fn told(status: u16, body: &str) -> Result<String, String> {
        let body = Bytes::copy_from_slice(body.as_bytes());
        let response = Response { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body };
        read(&response, "demo").map_err(|error| error.to_string())
    }

    #[test]
    fn what_a_site_tells_and_what_it_does_not() {
        for (status, body, expected) in [
            (200, r#"{"Codebase": "v2017_3/", "IsCloud": "True"}"#, "v2017_3/"),
            (200, r#"{"Codebase": "v2026_1"}"#, "v2026_1/"),
            (200, r#"{"Codebase": ""}"#, DEFAULT),
            (200, r#"{"Codebase": "../../login/"}"#, DEFAULT),
            (200, "{}", DEFAULT),
            (404, "<html>", DEFAULT),
            (404, "null", DEFAULT),
        ] {
            assert_eq!(told(status, body).as_deref(), Ok(expected), "{body}");
        }
        assert_eq!(told(200, "null").unwrap_err(), "the company demo is not known");
    }

    #[test]
    fn a_company_is_one_segment_of_the_address() {
        let origin = Url::parse("https://api-na.myconnectwise.net/").unwrap();
        let url = look_up(&origin, "../a b?c").url;
        assert_eq!(url.as_str(), "https://api-na.myconnectwise.net/login/companyinfo/..%2Fa%20b%3Fc");
    }
}
