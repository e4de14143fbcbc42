//! Runs functions: HTTP requests and events, logs and metrics, deadlines, and the mapping of errors to responses.
//!
//! This room imports `app`, `auth`, `bss`, `config`, `domain`, `endpoints`, `http_client`, `provisioning`, `vendor` and
//! `workers`. No room imports it.

pub mod gateway_event;
pub mod http_api;
pub mod lambda;
pub mod logging;
pub mod registration;
pub mod status;
