//! Endpoints for accounts: customers and resellers.

pub mod delete;
pub mod exists;
pub mod synchronize;
pub mod syncoptions;
