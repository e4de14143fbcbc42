//! Customers and resellers.

pub mod delete;
pub mod exists;
pub mod syncoptions;
pub mod synchronize;
