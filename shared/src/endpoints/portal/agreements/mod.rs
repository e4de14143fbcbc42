//! Endpoint for agreements in ConnectWise, which bill the customers.

pub mod list;
