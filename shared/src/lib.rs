//! The service manager: it stands between the BSS of a cloud distributor and the vendors whose products the BSS sells.
//!
//! A request arrives in [`runtime`], which authorizes it; goes to one of the [`endpoints`]; from there to [`provisioning`],
//! which takes the account's lease and converges the [`vendor`] to the desired state; and ends in the [`store`]. Everything
//! that is written to ConnectWise follows later, from the table's stream, in the [`workers`].
//!
//! Each module here is a room: it imports only rooms that stand below it, in the order of `docs/explanation/architecture.md`.

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
