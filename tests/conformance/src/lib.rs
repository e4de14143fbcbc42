//! Shared by tests of the deployment: the template as data, an emulated Lambda Runtime API, API Gateway's events, the
//! story of an MSP, and a reporter's signature. Also what follows from the list of endpoints: the generated parts of files,
//! and the functions that the template must have.

pub mod declared;
pub mod deployment;
pub mod event;
pub mod generated;
pub mod openapi;
pub mod permissions;
pub mod portal;
pub mod queries;
pub mod report;
pub mod runtime_api;
pub mod schema;
pub mod stanza;
pub mod template;
pub mod template_check;
pub mod transformed;

use std::path::PathBuf;

/// Any error.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Returns the repository's directory.
pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
