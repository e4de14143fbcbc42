//! The instance itself.

use serde::Deserialize;

use crate::connectwise::{One, Record};

/// What the instance says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// Its release, such as `v2026.1`.
    #[serde(default)]
    pub version: String,
    /// The zone of its business days, for [`date::zone`](crate::connectwise::date::zone).
    #[serde(default)]
    pub server_time_zone: Option<String>,
}

impl Record for Info {
    const FIELDS: &'static str = "";

    fn id(&self) -> u32 {
        0
    }
}

/// What the instance says of itself. On some it says so without keys.
pub fn info() -> One<Info> {
    One::get("system-info", "/system/info".to_owned())
}
