//! A record of ConnectWise to choose from.

use serde::Serialize;

/// A record of ConnectWise.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct NamedOption {
    id: u32,
    name: String,
}

impl NamedOption {
    /// Returns the record with this id and name.
    pub fn new(id: u32, name: String) -> Self {
        Self { id, name }
    }
}
