//! Endpoint for sessions.

pub mod create;
