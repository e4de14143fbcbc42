//! Functions that no URL leads to: they run on the table's stream, on queues and on schedules, and keep ConnectWise in sync.
//!
//! This room imports `app` and what is below it. It never knows an endpoint or how a function is started.

pub mod actions;
pub mod additions;
pub mod redrive;
pub mod stream;
pub mod sync;
pub mod tickets;
