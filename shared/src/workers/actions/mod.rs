//! Actions on mailboxes: events from reports and from regular checks, and the state that follows from them.

pub mod check;
pub mod configurations;
mod diff;
mod grouping;
pub mod ingest;
pub mod monitor;
mod ownership;
pub mod report;
