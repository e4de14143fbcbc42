//! Plans.

use serde::{Deserialize, Serialize};

/// What a plan sells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductType {
    /// Backup, by seats.
    Backup,
    /// Backup and archive, by seats.
    Archive,
    /// Personal or basic backup, by storage.
    Personal,
}
