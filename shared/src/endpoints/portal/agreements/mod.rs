//! What customers are billed by.

pub mod list;
