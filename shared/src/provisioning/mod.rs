//! Accounts and subscriptions at the vendor: one change at a time per account under a lease, converged to the desired state.
//!
//! This room imports `app`, `bss`, `config`, `domain`, `http_client`, `store` and `vendor`. It never knows an endpoint,
//! a worker or ConnectWise.

pub mod absence;
pub mod account_removal;
pub mod account_search;
pub mod accounts;
mod converge;
pub mod job;
pub mod lease;
mod lease_wait;
mod look;
pub mod migrations;
mod order_history;
pub mod ownership;
pub mod provisioned_subscription;
pub mod recovery;
pub mod renewals;
mod subscription_convergence;
mod subscription_target;
mod subscription_transition;
pub mod subscriptions;
mod tenant_migration;
mod trials;
mod unrecorded;
