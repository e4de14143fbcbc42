//! Accounts and subscriptions at the vendor: one change at a time per account under a lease, converged to the desired state.
//!
//! This room imports `app` and what is below it. It never knows an endpoint, a worker or ConnectWise.

pub mod account_search;
pub mod accounts;
mod converge;
pub mod job;
pub mod lease;
pub mod recovery;
pub mod subscriptions;
