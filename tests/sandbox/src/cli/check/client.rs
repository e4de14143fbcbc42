//! Calls of a check.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use service_manager::http_client::{TransportError, client_builder};

use crate::cli::base_url::BaseUrl;

/// Calls the service manager at one base URL.
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    track_id: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null if it is not JSON.
    pub body: Value,
}

impl Client {
    /// Calls carry `track_id`, which is in the service's log. `timeout` is for each call.
    pub fn new(base_url: &BaseUrl, track_id: &str, timeout: Duration) -> Result<Self, TransportError> {
        let builder = client_builder()?.timeout(timeout);
        let builder = if base_url.is_loopback() { builder.no_proxy() } else { builder };
        Ok(Self { http: builder.build()?, base_url: base_url.to_string(), track_id: track_id.to_owned() })
    }

    /// `GET path`, below the base URL.
    pub async fn get(&self, path: &str, headers: HeaderMap) -> Result<Answer, String> {
        self.send(self.request(Method::GET, path, headers)).await
    }

    /// `POST path`, below the base URL.
    pub async fn post(&self, path: &str, headers: HeaderMap, body: &Value) -> Result<Answer, String> {
        self.send(self.request(Method::POST, path, headers).json(body)).await
    }

    fn request(&self, method: Method, path: &str, headers: HeaderMap) -> RequestBuilder {
        let request = self.http.request(method, format!("{}/{path}", self.base_url)).headers(headers);
        request.header("x-cloudplatform-trackid", &self.track_id)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, String> {
        let response = request.send().await.map_err(described)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(described)?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }
}

/// The error with its causes.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn described(error: reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
