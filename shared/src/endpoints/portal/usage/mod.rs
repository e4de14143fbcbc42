//! Usage of an MSP's organizations, for other programs: read with a [key](crate::auth::usage_key) that gives access to nothing
//! else.

pub mod csv;
pub mod list;
mod read;
mod request;

pub use read::{QUERY, UsagePage, UsageRow, export, list};
pub use request::UsageRequest;
