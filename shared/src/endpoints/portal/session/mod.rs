//! Signing in.

pub mod create;
