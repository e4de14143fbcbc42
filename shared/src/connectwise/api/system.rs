//! The ConnectWise instance.

use serde::Deserialize;

use crate::connectwise::{Entity, SingleRequest};

/// Information about the instance.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// The instance's release, such as `v2026.1`.
    #[serde(default)]
    pub version: String,
    /// The time zone of its business days, for [`date::zone`](crate::connectwise::date::zone).
    #[serde(default)]
    pub server_time_zone: Option<String>,
}

impl Entity for Info {
    const FIELDS: &'static str = "";

    fn id(&self) -> u32 {
        0
    }
}

/// Gets the information about the instance. Some instances answer without credentials.
pub fn info() -> SingleRequest<Info> {
    SingleRequest::get("system-info", "/system/info".to_owned())
}
