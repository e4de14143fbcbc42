//! The service manager: connects the BSS of a cloud distributor with the vendors whose products the BSS sells.
//!
//! [`runtime`] receives and authorizes a request and passes it to one of the [`endpoints`]. The endpoint calls
//! [`provisioning`], which acquires the account's lease, converges the [`vendor`] to the desired state, and commits the
//! result to the [`store`]. The [`workers`] then update ConnectWise, driven by the table's stream.
//!
//! Each module is a room. It imports only rooms above it in the table of `docs/explanation/architecture.md`.

pub mod app;
pub mod auth;
pub mod bss;
pub mod config;
pub mod connectwise;
pub mod domain;
pub mod endpoints;
pub mod http_client;
pub mod provisioning;
pub mod runtime;
pub mod store;
pub mod vendor;
pub mod workers;
