//! Actions on mailboxes: events from reports and from regular checks, and the state that follows from them.

pub mod check;
pub mod ingest;
pub mod monitor;
pub mod report;
