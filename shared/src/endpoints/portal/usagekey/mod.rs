//! The key with which another program reads the MSP's usage, at `portal/usage/…`.

pub mod create;
pub mod get;
pub mod revoke;
