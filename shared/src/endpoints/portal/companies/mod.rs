//! Endpoint for companies in ConnectWise: the MSP's customers.

pub mod list;
