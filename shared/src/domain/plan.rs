//! Product types of plans.

use serde::{Deserialize, Serialize};

/// The type of product that a plan sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProductType {
    /// Backup, by seats.
    Backup,
    /// Backup and archive, by seats.
    Archive,
    /// Personal or basic backup, by storage.
    Personal,
}
