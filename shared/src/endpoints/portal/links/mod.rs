//! Accounts of the BSS, and what they are billed by.

pub mod create;
pub mod delete;
pub mod list;
