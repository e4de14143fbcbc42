//! What can be sold.

pub mod definitions;
