//! Endpoints for the integration's settings fields.

pub mod get;
pub mod validate;
