//! Outbound HTTPS: one client with deadlines, retries of what is safe, a rate limit and a log of calls.
//!
//! This room imports nothing of the others. It never knows which vendor it talks to or what a response means.

mod call_log;
mod client;
mod deadline;
mod decode;
mod error;
mod message;
mod rate_limiter;

pub use call_log::{OutboundCallLog, OutboundCall};
pub use client::HttpClient;
pub use deadline::{Deadline, RESPONSE_RESERVE};
pub use decode::{MAX_MESSAGE_LEN, other_system_message};
pub use error::HttpError;
pub use message::{Effect, JSON, Request, Response};
