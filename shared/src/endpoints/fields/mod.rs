//! The settings that the operator fills in.

pub mod get;
pub mod validate;
