//! Shared by tests of the deployment: the template as data, an emulated Lambda Runtime API, API Gateway's events, the
//! story of an MSP, and a reporter's signature.

pub mod event;
pub mod openapi;
pub mod portal;
pub mod report;
pub mod runtime_api;
pub mod schema;
pub mod template;

use std::path::PathBuf;

/// Any error.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Returns the repository's directory.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
