//! The one place that talks to vendors: time-outs from the deadline, retries of what is safe, and the log of calls.
//!
//! What a vendor module makes is a [`Request`]; what it gets is a [`Response`] of any status below 500, or a
//! [`VendorError`] that says whether the vendor can have acted. Retry and recovery follow from that and from nothing
//! else.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use bytes::{Bytes, BytesMut};
use http::header::RETRY_AFTER;
use http::{HeaderMap, Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use url::Url;

use super::VendorError;
use super::limiter::Limiter;
use crate::deadline::Deadline;

/// The longest that one attempt may take.
const ATTEMPT: Duration = Duration::from_secs(12);

/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

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

/// A call that was made, for the log.
#[derive(Clone, Debug, Serialize)]
pub struct CallMade {
    /// The operation's name.
    pub name: &'static str,
    /// The status, or what went wrong.
    pub outcome: String,
    /// How long it took, all attempts together, in milliseconds.
    pub duration_ms: u64,
}

/// The calls of one request, in order.
#[derive(Clone, Debug, Default)]
pub struct CallLog(Arc<Mutex<Vec<CallMade>>>);

impl CallLog {
    fn add(&self, call: CallMade) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<CallMade> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Sends requests.
#[derive(Clone, Debug)]
pub struct Sender {
    client: reqwest::Client,
    limiter: Option<Arc<Limiter>>,
}

impl Sender {
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
    pub fn at_most(self, per_minute: NonZeroU32) -> Self {
        Self { limiter: Some(Arc::new(Limiter::new(per_minute))), ..self }
    }

    /// Sends `request`, again if that is safe and helps, and not beyond `deadline`.
    ///
    /// # Errors
    /// [`VendorError::Unreached`] if the vendor did nothing, [`VendorError::Unknown`] if it may have made a change,
    /// [`VendorError::Busy`] if it asked to be left alone.
    pub async fn send(&self, request: &Request, deadline: Deadline, log: &CallLog) -> Result<Response, VendorError> {
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
                VendorError::Unreached { .. } | VendorError::Busy { .. } => true,
                VendorError::Unknown { .. } => cfg!(feature = "blind-retry"),
                VendorError::Credentials
                | VendorError::NotPermitted { .. }
                | VendorError::Absent
                | VendorError::Refused { .. }
                | VendorError::Unreadable { .. } => false,
            })
            .adjust(|error, delay| {
                let asked = match error {
                    VendorError::Busy { retry_after } => *retry_after,
                    _ => None,
                };
                let wait = delay.map(|delay| delay.max(asked.unwrap_or_default()));
                wait.filter(|wait| *wait < deadline.spendable())
            })
            .await;
        let text = match &outcome {
            Ok(response) => response.status.as_u16().to_string(),
            Err(error) => error.to_string(),
        };
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        log.add(CallMade { name: request.name, outcome: text, duration_ms });
        outcome
    }

    async fn attempt(&self, request: &Request, deadline: Deadline) -> Result<Response, VendorError> {
        if let Some(limiter) = &self.limiter {
            limiter.admit(deadline).await?;
        }
        let budget = deadline.spendable().min(ATTEMPT);
        if budget.is_zero() {
            return Err(VendorError::Unreached { reason: "no time was left".to_owned() });
        }
        let mut builder = self.client.request(request.method.clone(), request.url.clone()).timeout(budget);
        for (name, secret) in &request.credentials {
            builder = builder.header(*name, secret.expose_secret());
        }
        builder = builder.header(http::header::ACCEPT, request.accept);
        if let Some(body) = &request.body {
            builder = builder.json(body);
        }
        let answer = builder.send().await.map_err(|error| lost(request.effect, &error))?;
        let status = answer.status();
        let headers = answer.headers().clone();
        if status == StatusCode::TOO_MANY_REQUESTS {
            return Err(VendorError::Busy { retry_after: retry_after(&headers) });
        }
        if status.is_server_error() {
            return Err(may_have_acted(request.effect, format!("status {}", status.as_u16())));
        }
        let body = read(answer).await.map_err(|reason| may_have_acted(request.effect, reason))?;
        Ok(Response { status, headers, body })
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Bytes, String> {
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| describe(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            return Err(format!("an answer of over {MAX_ANSWER} bytes"));
        }
    }
    Ok(body.freeze())
}

fn lost(effect: Effect, error: &reqwest::Error) -> VendorError {
    // A request that could not be built, or a connection that never stood, left nothing at the vendor.
    if error.is_connect() || error.is_builder() {
        VendorError::Unreached { reason: describe(error) }
    } else {
        may_have_acted(effect, describe(error))
    }
}

fn may_have_acted(effect: Effect, reason: String) -> VendorError {
    match effect {
        Effect::Read => VendorError::Unreached { reason },
        Effect::Write => VendorError::Unknown { reason },
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
