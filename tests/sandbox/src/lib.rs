//! The local stack: an in-process `DynamoDB` engine, stateful and strict vendor sandboxes, and stand-ins for AWS
//! services.
//!
//! Each sandbox is an [`axum::Router`] that serves the vendor's API and the `/_sandbox` controls, wrapped by
//! [`faults::Faults`] and served on a port by [`serve::serve`].

use service_manager::http_client::{TransportError, client_builder};

pub mod aws;
pub mod background;
pub mod call_log;
pub mod clock;
pub mod connectwise;
pub mod dropbox;
pub mod dropsuite;
pub mod dynamodb;
pub mod faults;
mod forward;
pub mod gateway;
pub mod iam;
pub mod identity;
pub mod persistence;
pub mod second_dropsuite;
pub mod serve;
pub mod snapshot;
pub mod sqs;
pub mod stack;
pub mod stream;
pub mod vendors;

/// Returns a client for the addresses of this machine: it uses no proxy and follows no redirect.
///
/// # Errors
/// TLS cannot be configured.
pub fn http_client() -> Result<reqwest::Client, TransportError> {
    Ok(client_builder()?.no_proxy().build()?)
}
