//! The domain types: ids, accounts, subscriptions, orders, entitlements, jobs, actions on mailboxes, and errors.
//!
//! This room imports `bss`, whose requests are parsed here, and nothing else. It does no I/O. It never knows a table, a
//! vendor or a transport.

pub mod account;
pub mod action;
pub mod billing_dates;
pub mod channel;
pub mod clock;
pub mod difference;
pub mod digest_period;
pub mod dry_run;
pub mod entitlements;
pub mod error;
pub mod error_code;
pub mod fingerprint;
pub mod ids;
pub mod job;
pub mod list_position;
pub mod msp;
pub mod order;
pub mod person;
pub mod plan;
pub mod quiet_hours;
pub mod reference;
pub mod requester;
pub mod role;
pub mod subscription;
pub mod subscription_record;
pub mod term;
pub mod trial;
pub mod vendor_id;
pub mod window;
