//! Requests as the BSS and the portal send them.

pub mod action;
pub mod connectwise;
pub mod dropbox;
pub mod dropsuite;

use serde_json::Value;

/// A call of one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The endpoint's path.
    pub path: &'static str,
    /// The body.
    pub body: Value,
}
