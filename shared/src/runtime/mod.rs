//! How a function is run: HTTP requests and events, logs and metrics, deadlines, and the mapping of errors to responses.
//!
//! This room imports every other room, and no room imports it.

pub mod http_api;
pub mod lambda;
pub mod registration;
pub mod status;
