//! What is billed in ConnectWise.

pub mod list;
pub mod retry;
