//! API Gateway's events (HTTP API, payload version 2.0) and the responses to them.
//!
//! An event carries what an unauthenticated caller sent, so nothing in it can fail the function: a header that HTTP does not
//! allow is dropped, the query and the path stay text, and a body that cannot be decoded is an error of the request. Facts:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::runtime::http_api::ApiRequest;

/// An event: the parts of it that the service manager uses.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayEvent {
    /// The path, below any stage or base path.
    pub raw_path: String,
    request_context: RequestContext,
    #[serde(default)]
    raw_query_string: Value,
    #[serde(default)]
    headers: Value,
    #[serde(default)]
    cookies: Value,
    #[serde(default)]
    body: Value,
    #[serde(default)]
    is_base64_encoded: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    http: Http,
    #[serde(default)]
    domain_name: Value,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    #[serde(default)]
    source_ip: Value,
}

impl GatewayEvent {
    /// Returns the caller's address, as the gateway saw it. No header of the caller changes it.
    pub fn source(&self) -> Option<IpAddr> {
        self.request_context.http.source_ip.as_str()?.parse().ok()
    }

    /// Returns the host that the gateway was called at. No header of the caller changes it.
    pub fn host(&self) -> Option<String> {
        self.request_context.domain_name.as_str().map(str::to_owned)
    }
}

impl From<GatewayEvent> for ApiRequest {
    fn from(event: GatewayEvent) -> Self {
        let body = match event.body {
            Value::String(text) if event.is_base64_encoded == Value::Bool(true) => {
                STANDARD.decode(text).ok().map(Bytes::from)
            }
            Value::String(text) => Some(text.into()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(Bytes::new()),
        };
        Self {
            method: event.request_context.http.method,
            path: event.raw_path,
            query: event.raw_query_string.as_str().unwrap_or_default().to_owned(),
            headers: headers(&event.headers, &event.cookies),
            body,
        }
    }
}

/// Returns the headers that HTTP allows, and the cookies, which an event has apart from them. The map has a maximum size; a
/// header beyond it is dropped.
fn headers(values: &Value, cookies: &Value) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let allowed = |value: &Value| HeaderValue::from_bytes(value.as_str()?.as_bytes()).ok();
    for (name, value) in values.as_object().into_iter().flatten() {
        if let (Ok(name), Some(value)) = (HeaderName::from_bytes(name.as_bytes()), allowed(value)) {
            let _ = headers.try_append(name, value);
        }
    }
    for value in cookies.as_array().into_iter().flatten().filter_map(allowed) {
        let _ = headers.try_append(COOKIE, value);
    }
    headers
}

/// The response to an event.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayResponse {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: String,
    is_base64_encoded: bool,
    /// The values of `Set-Cookie`, which an HTTP API takes apart from the headers.
    cookies: Vec<String>,
}

/// Converts a response. A compressed body is not text.
impl From<Response<Bytes>> for GatewayResponse {
    fn from(response: Response<Bytes>) -> Self {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let is_compressed = response.headers().contains_key(CONTENT_ENCODING);
        Self {
            status_code: response.status().as_u16(),
            headers: response
                .headers()
                .iter()
                .filter(|(name, _)| *name != SET_COOKIE)
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
            cookies: response.headers().get_all(SET_COOKIE).iter().map(text).collect(),
            body: if is_compressed {
                STANDARD.encode(response.body())
            } else {
                String::from_utf8_lossy(response.body()).into_owned()
            },
            is_base64_encoded: is_compressed,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(changes: &Value) -> ApiRequest {
        let mut event = json!({
            "version": "2.0", "rawPath": "/api/interworks/fields/get", "rawQueryString": "", "headers": {},
            "requestContext": {"http": {"method": "POST"}}, "isBase64Encoded": false,
        });
        event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value::<GatewayEvent>(event).unwrap().into()
    }

    #[test]
    fn what_http_does_not_allow_is_dropped() {
        let headers = json!({
            "Accept": "text/html", "accept": "*/*", "bad name": "x", "": "x", "x-line": "a\r\nb", "x-none": null, "x-list": ["a"],
            "host": "]junk[ {}", "x-forwarded-proto": "htt ps://", "x-ümlaut": "x", "x-text": "ü",
        });
        let mut names: Vec<_> =
            request(&json!({"headers": headers})).headers.iter().map(|(name, _)| name.to_string()).collect();
        names.sort();
        assert_eq!(names, ["accept", "accept", "host", "x-forwarded-proto", "x-text"]);
        let many: serde_json::Map<_, _> = (0..40_000).map(|number| (format!("x-{number}"), json!("y"))).collect();
        assert!(request(&json!({"headers": many})).headers.len() > 20_000);
        for none in [json!(null), json!([]), json!("x"), json!(1)] {
            assert!(request(&json!({"headers": none})).headers.is_empty());
        }
    }

    #[test]
    fn cookies_are_apart_from_the_headers() {
        let cookies = json!(["a=b", "a\u{0}", 1, "__Host-session=t0"]);
        let headers = request(&json!({"cookies": cookies, "headers": {"accept": "*/*"}})).headers;
        assert_eq!(headers.get_all(COOKIE).iter().collect::<Vec<_>>(), ["a=b", "__Host-session=t0"]);
        for none in [json!(null), json!({}), json!("a=b")] {
            assert!(request(&json!({"cookies": none})).headers.is_empty());
        }
        let mut response = Response::new(Bytes::from_static(b"{}"));
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static("a=b; Path=/"));
        let answer = serde_json::to_value(GatewayResponse::from(response)).unwrap();
        assert_eq!((&answer["cookies"], &answer["headers"]), (&json!(["a=b; Path=/"]), &json!({})));
    }

    #[test]
    fn a_body_that_cannot_be_decoded_is_none() {
        let body = |body: Value, is_base64_encoded: bool| {
            request(&json!({"body": body, "isBase64Encoded": is_base64_encoded})).body
        };
        assert_eq!(body(json!("e30="), true).as_deref(), Some(b"{}".as_slice()));
        assert_eq!(body(json!("e30="), false).as_deref(), Some(b"e30=".as_slice()));
        for invalid in ["{}", "e30", "e3 0=", "\u{1F600}"] {
            assert_eq!(body(json!(invalid), true), None, "{invalid}");
        }
        for empty in [json!(null), json!({}), json!(1)] {
            assert_eq!(body(empty, true).as_deref(), Some(b"".as_slice()));
        }
    }

    #[test]
    fn a_compressed_body_is_sent_as_base64() {
        let response = |encoding: Option<&'static str>| {
            let mut response = Response::new(Bytes::from_static(&[0x1f, 0x8b, 0xff]));
            response.headers_mut().extend(encoding.map(|name| (CONTENT_ENCODING, HeaderValue::from_static(name))));
            serde_json::to_value(GatewayResponse::from(response)).unwrap()
        };
        let compressed = response(Some("gzip"));
        assert_eq!((&compressed["body"], &compressed["isBase64Encoded"]), (&json!("H4v/"), &json!(true)));
        assert_eq!(response(None)["isBase64Encoded"], json!(false));
    }

    #[test]
    fn the_source_is_the_gateways_and_no_header() {
        let source = |http: Value| {
            let headers = json!({"x-forwarded-for": "192.0.2.9"});
            let event = json!({"rawPath": "/", "headers": headers, "requestContext": {"http": http}});
            serde_json::from_value::<GatewayEvent>(event).unwrap().source()
        };
        assert_eq!(source(json!({"method": "POST", "sourceIp": "2001:db8::1"})), "2001:db8::1".parse().ok());
        for none in [json!(null), json!(""), json!("junk"), json!(1)] {
            assert_eq!(source(json!({"method": "POST", "sourceIp": none})), None);
        }
        assert_eq!(source(json!({"method": "POST"})), None);
    }

    #[test]
    fn an_event_of_another_service_is_an_error() {
        for other in [json!({}), json!([]), json!({"Records": []}), json!({"rawPath": "/"}), json!("x")] {
            assert!(serde_json::from_value::<GatewayEvent>(other.clone()).is_err(), "{other}");
        }
    }
}
