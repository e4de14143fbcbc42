//! Actions on mailboxes, as reports and regular checks tell of them.

pub mod check;
pub mod ingest;
pub mod monitor;
pub mod report;
