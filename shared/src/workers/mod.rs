//! Functions without a URL: they are triggered by the table's stream, by queues and by schedules, and keep ConnectWise in
//! sync. An operator invokes three by hand: they move a customer to another MSP, replace a reseller token, and move a Dropbox team.
//! Some of the functions run `provisioning` alone: the recovery, and the move of a team.
//!
//! This room imports `app`, `auth`, `connectwise`, `domain`, `http_client`, `store` and `vendor`. It never knows an
//! endpoint or how a function is started.

pub mod actions;
pub mod additions;
pub mod audit;
pub mod customers;
pub mod digest;
mod functions;
pub mod queue;
pub mod redrive;
pub mod stream;
pub mod sync;
pub mod tickets;
pub mod tokens;

pub use functions::{BACKGROUND_FUNCTIONS, BackgroundFunction, Trigger};
