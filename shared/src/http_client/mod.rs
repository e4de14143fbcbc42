//! Outbound HTTPS: one client with deadlines, safe retries, a rate limit and a call log.
//!
//! This room imports nothing of the others. It never knows the vendor or the meaning of a response.

mod aws;
mod call_log;
mod client;
mod deadline;
mod decode;
mod error;
mod json;
mod message;
mod rate_limiter;
mod redaction;
mod transport;

pub use aws::aws_http_client;
pub use call_log::{OutboundCall, OutboundCallLog};
pub use client::HttpClient;
pub use deadline::{Deadline, RESPONSE_RESERVE};
pub use decode::{MAX_MESSAGE_LEN, one_line, other_system_message, plain_text};
pub use error::HttpError;
pub use json::from_json;
pub use message::{Effect, JSON, Request, Response};
pub(crate) use redaction::REDACTED;
pub use transport::{TransportError, client_builder};
