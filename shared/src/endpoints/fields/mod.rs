//! Endpoints for the integration's settings fields.

pub mod additionalinfo;
pub mod get;
pub mod validate;
