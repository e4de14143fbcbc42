//! The partner and the limits of a vendor call.

use crate::bss::Settings;
use crate::http_client::{OutboundCallLog, Deadline};

/// Who calls the vendor, and what it may spend.
#[derive(Clone, Copy, Debug)]
pub struct VendorContext<'a> {
    /// The partner's settings.
    pub settings: &'a Settings,
    /// When the answer must have left.
    pub deadline: Deadline,
    /// Where calls are noted.
    pub log: &'a OutboundCallLog,
}
