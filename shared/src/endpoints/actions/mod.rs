//! Endpoints for reporters: systems that run actions on mailboxes.

pub mod report;
