//! The one place that talks to vendors: time-outs from the deadline, retries of what is safe, and the log of calls.
//!
//! What a vendor module makes is a [`Request`]; what it gets is a [`Response`] of any status below 500, or a
//! [`HttpError`] that says whether the vendor can have acted. Retry and recovery follow from that and from nothing
//! else.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use bytes::{Bytes, BytesMut};
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret;

use super::call_log::{OutboundCallLog, OutboundCall};
use super::error::HttpError;
use super::message::{Effect, Request, Response};
use super::rate_limiter::RequestLimiter;
use crate::http_client::Deadline;

/// The longest that one attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(12);

/// The largest answer that is read, in bytes.
const MAX_RESPONSE: usize = 16 * 1024 * 1024;

/// Sends requests.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    limiter: Option<Arc<RequestLimiter>>,
}

impl HttpClient {
    /// A sender with its own connections. Redirects are not followed: an address from a setting must not lead elsewhere.
    pub fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(3))
            // A frozen environment wakes up with dead sockets: keep none for longer than a vendor does.
            .pool_idle_timeout(Duration::from_secs(15))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("service-manager/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, limiter: None })
    }

    /// The sender, making at most so many requests in a minute; the clones of it share them.
    #[must_use]
    pub fn with_rate_limit(self, per_minute: NonZeroU32) -> Self {
        Self { limiter: Some(Arc::new(RequestLimiter::new(per_minute))), ..self }
    }

    /// Sends `request`, again if that is safe and helps, and not beyond `deadline`.
    ///
    /// # Errors
    /// [`HttpError::NotSent`] if the vendor did nothing, [`HttpError::OutcomeUnknown`] if it may have made a change,
    /// [`HttpError::RateLimited`] if it asked to be left alone.
    pub async fn send(&self, request: &Request, deadline: Deadline, log: &OutboundCallLog) -> Result<Response, HttpError> {
        let started = Instant::now();
        let outcome = (|| self.attempt(request, deadline))
            .retry(
                ExponentialBuilder::default()
                    .with_min_delay(Duration::from_millis(200))
                    .with_max_times(3)
                    .with_jitter(),
            )
            .when(|error| match error {
                // Whatever was asked, the vendor has not done it.
                HttpError::NotSent { .. } | HttpError::RateLimited { .. } => true,
                HttpError::OutcomeUnknown { .. } => cfg!(feature = "blind-retry"),
            })
            .adjust(|error, delay| {
                let asked = match error {
                    HttpError::RateLimited { retry_after } => *retry_after,
                    _ => None,
                };
                let wait = delay.map(|delay| delay.max(asked.unwrap_or_default()));
                wait.filter(|wait| *wait < deadline.remaining_for_calls())
            })
            .await;
        let text = match &outcome {
            Ok(response) => response.status.as_u16().to_string(),
            Err(error) => error.to_string(),
        };
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        log.record(OutboundCall { name: request.name, outcome: text, duration_ms });
        outcome
    }

    async fn attempt(&self, request: &Request, deadline: Deadline) -> Result<Response, HttpError> {
        if let Some(limiter) = &self.limiter {
            limiter.acquire(deadline).await?;
        }
        let budget = deadline.remaining_for_calls().min(ATTEMPT_TIMEOUT);
        if budget.is_zero() {
            return Err(HttpError::NotSent { reason: "no time was left".to_owned() });
        }
        let mut builder = self.client.request(request.method.clone(), request.url.clone()).timeout(budget);
        for (name, secret) in &request.credentials {
            builder = builder.header(*name, secret.expose_secret());
        }
        builder = builder.header(http::header::ACCEPT, request.accept);
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let answer = builder.send().await.map_err(|error| classify_transport_error(request.effect, &error))?;
        let status = answer.status();
        let headers = answer.headers().clone();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(HttpError::RateLimited { retry_after: retry_after(&headers) });
        }
        if status.is_server_error() {
            return Err(classify_by_effect(request.effect, format!("status {}", status.as_u16())));
        }
        let body = read(answer).await.map_err(|reason| classify_by_effect(request.effect, reason))?;
        Ok(Response { status, headers, body })
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Bytes, String> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| describe(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_RESPONSE {
            return Err(format!("an answer of over {MAX_RESPONSE} bytes"));
        }
    }
    Ok(body.freeze())
}

fn classify_transport_error(effect: Effect, error: &reqwest::Error) -> HttpError {
    // A request that could not be built, or a connection that never stood, left nothing at the vendor.
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

/// The error and its causes. The address is left out: it names a partner's host, which the log has already.
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

/// The wait that the vendor asks for; only the form in seconds, which is what rate limiters send.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
