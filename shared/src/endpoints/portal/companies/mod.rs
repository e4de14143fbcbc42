//! The MSP's customers.

pub mod list;
