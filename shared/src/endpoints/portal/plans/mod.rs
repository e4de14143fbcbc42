//! What the MSP offers.

pub mod create;
pub mod deactivate;
pub mod list;
pub mod update;
