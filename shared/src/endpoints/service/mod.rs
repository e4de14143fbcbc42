//! The endpoint for the service catalogue.

pub mod definitions;
