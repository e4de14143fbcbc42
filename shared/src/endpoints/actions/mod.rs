//! Endpoints for reporters: systems that run actions on mailboxes.

pub mod report;

/// Path prefix of the reports. The endpoint's path includes it.
pub const BASE_PATH: &str = "/actions";
