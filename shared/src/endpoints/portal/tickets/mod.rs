//! What becomes of failures in ConnectWise.

pub mod list;
pub mod retry;
