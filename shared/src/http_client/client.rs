//! The only sender of requests to vendors and ConnectWise: timeouts within the deadline, safe retries, and the call
//! log.
//!
//! A vendor module builds a [`Request`]. It receives a [`Response`] with any status below 500, or an [`HttpError`],
//! which says if the vendor may have acted. Retry and recovery depend on that and on nothing else.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use secrecy::{ExposeSecret, SecretString};

use super::call_log::{OutboundCall, OutboundCallLog, digest};
use super::error::HttpError;
use super::message::{Effect, JSON, Request, Response};
use super::rate_limiter::RequestLimiter;
use super::redaction::redact;
use super::transport::{self, TransportError};
use crate::http_client::Deadline;

/// Maximum duration of one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(12);

/// Maximum size of a response, in bytes.
const MAX_RESPONSE_BYTES: usize = 16 * 1024 * 1024;

/// Media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// A body, after its media type.
type Body = (&'static str, Bytes);

/// Sends requests over HTTPS.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    limiter: Option<Arc<RequestLimiter>>,
}

impl HttpClient {
    /// Returns a client with its own connection pool.
    ///
    /// # Errors
    /// TLS cannot be configured.
    pub fn new() -> Result<Self, TransportError> {
        let client = transport::client_builder()?
            .connect_timeout(Duration::from_secs(3))
            .user_agent(concat!("service-manager/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, limiter: None })
    }

    /// Limits the client to `per_minute` requests per minute. Clones share the limit.
    #[must_use]
    pub fn with_rate_limit(self, per_minute: NonZeroU32) -> Self {
        Self { limiter: Some(Arc::new(RequestLimiter::new(per_minute))), ..self }
    }

    /// Sends `request`, and retries it within `deadline` if that is safe: at most 3 times, with exponential backoff
    /// from 200 ms.
    ///
    /// # Errors
    /// [`HttpError::NotSent`] if the vendor changed nothing, [`HttpError::OutcomeUnknown`] if it may have made a
    /// change, [`HttpError::RateLimited`] if the rate limit was exceeded.
    pub async fn send(
        &self,
        request: &Request,
        deadline: Deadline,
        log: &OutboundCallLog,
    ) -> Result<Response, HttpError> {
        let bytes = request.body.as_ref().map(|body| Bytes::from(body.to_string()));
        let digest = bytes.as_deref().map(digest);
        self.send_body(request, bytes.map(|bytes| (JSON, bytes)), digest, deadline, log).await
    }

    /// Sends `form` as the body of `request`, as [`send`](Self::send) does. It may hold secrets: the log has no digest of it.
    ///
    /// # Errors
    /// The errors of [`send`](Self::send).
    pub async fn send_form(
        &self,
        request: &Request,
        form: &SecretString,
        deadline: Deadline,
        log: &OutboundCallLog,
    ) -> Result<Response, HttpError> {
        let bytes = Bytes::from(form.expose_secret().to_owned());
        self.send_body(request, Some((FORM, bytes)), None, deadline, log).await
    }

    async fn send_body(
        &self,
        request: &Request,
        body: Option<Body>,
        digest: Option<String>,
        deadline: Deadline,
        log: &OutboundCallLog,
    ) -> Result<Response, HttpError> {
        let started = Instant::now();
        let outcome = (|| self.attempt(request, body.clone(), deadline))
            .retry(
                ExponentialBuilder::default()
                    .with_min_delay(Duration::from_millis(200))
                    .with_max_times(3)
                    .with_jitter(),
            )
            .when(|failed| match failed.error {
                // The vendor has not executed the request.
                HttpError::NotSent { .. } | HttpError::RateLimited { .. } => true,
                HttpError::OutcomeUnknown { .. } => cfg!(feature = "blind-retry"),
            })
            .adjust(|failed, delay| {
                let requested = match failed.error {
                    HttpError::RateLimited { retry_after } => retry_after,
                    HttpError::NotSent { .. } | HttpError::OutcomeUnknown { .. } => None,
                };
                let wait = delay.map(|delay| delay.max(requested.unwrap_or_default()));
                wait.filter(|wait| *wait < deadline.remaining_for_calls())
            })
            .await;
        let (status, error) = match &outcome {
            Ok(response) => (Some(response.status), None),
            Err(failed) => (failed.status, Some(failed.error.to_string())),
        };
        log.record(OutboundCall {
            name: request.name,
            method: request.method.to_string(),
            path: request.path_template.clone(),
            status: status.map(|status| status.as_u16()),
            error,
            duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            body: digest,
        });
        outcome.map_err(|failed| failed.error)
    }

    async fn attempt(
        &self,
        request: &Request,
        body: Option<Body>,
        deadline: Deadline,
    ) -> Result<Response, FailedAttempt> {
        if let Some(limiter) = &self.limiter {
            limiter.acquire(deadline).await?;
        }
        let budget = deadline.remaining_for_calls().min(ATTEMPT_TIMEOUT);
        if budget.is_zero() {
            let reason = "no time left before the deadline".to_owned();
            return Err(HttpError::NotSent { reason }.into());
        }
        let mut builder = self.client.request(request.method.clone(), request.url.clone()).timeout(budget);
        for (name, secret) in &request.credentials {
            builder = builder.header(*name, secret.expose_secret());
        }
        builder = builder.header(http::header::ACCEPT, request.accept);
        if let Some((content_type, body)) = body {
            builder = builder.header(CONTENT_TYPE, content_type).body(body);
        }
        let response = builder.send().await.map_err(|error| classify_transport_error(request.effect, &error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let failed = |error| FailedAttempt { status: Some(status), error };
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(failed(HttpError::RateLimited { retry_after: retry_after(&headers) }));
        }
        if status.is_server_error() {
            return Err(failed(classify_by_effect(request.effect, format!("status {}", status.as_u16()))));
        }
        let body = read_body(response).await.map_err(|reason| failed(classify_by_effect(request.effect, reason)))?;
        let body = redact(&request.credentials, status.is_success(), body);
        Ok(Response { status, headers, body })
    }
}

/// An attempt without a usable response.
struct FailedAttempt {
    /// The status, if there was a response.
    status: Option<StatusCode>,
    error: HttpError,
}

impl From<HttpError> for FailedAttempt {
    fn from(error: HttpError) -> Self {
        Self { status: None, error }
    }
}

async fn read_body(mut response: reqwest::Response) -> Result<Bytes, String> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_RESPONSE_BYTES {
            return Err(format!("the response is larger than {MAX_RESPONSE_BYTES} bytes"));
        }
    }
    Ok(body.freeze())
}

fn classify_transport_error(effect: Effect, error: &reqwest::Error) -> HttpError {
    // A request that could not be built, or a connection that was not established, had no effect at the vendor.
    if error.is_connect() || error.is_builder() {
        HttpError::NotSent { reason: describe(error) }
    } else {
        classify_by_effect(effect, describe(error))
    }
}

fn classify_by_effect(effect: Effect, reason: String) -> HttpError {
    match effect {
        Effect::Read => HttpError::NotSent { reason },
        Effect::Write => HttpError::OutcomeUnknown { reason },
    }
}

/// Returns the error and its causes. The URL is omitted, because it contains a partner's host, which is logged
/// elsewhere.
fn describe(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { "connection failed".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Returns the wait in `Retry-After`. Only the form in seconds is supported, which rate limiters use.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
