//! The partner and the limits of a vendor call.

use crate::bss::Settings;
use crate::http_client::{Deadline, OutboundCallLog};

/// Settings, deadline and log of the vendor calls of one request.
#[derive(Clone, Copy, Debug)]
pub struct VendorContext<'a> {
    /// Settings of the partner.
    pub settings: &'a Settings,
    /// Time by which our own response must have been sent.
    pub deadline: Deadline,
    /// Log of the outbound calls.
    pub outbound_calls: &'a OutboundCallLog,
}
