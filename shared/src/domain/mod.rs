//! The product's own terms: ids, accounts, subscriptions, orders, jobs, actions on mailboxes, and errors.
//!
//! This room imports `bss` (requests are parsed here) and nothing else. It does no I/O and never knows a table, a vendor or
//! a transport.

pub mod account;
pub mod action;
pub mod clock;
pub mod entitlements;
pub mod error;
pub mod error_code;
pub mod fingerprint;
pub mod ids;
pub mod job;
pub mod msp;
pub mod order;
pub mod plan;
pub mod subscription;
pub mod subscription_record;
