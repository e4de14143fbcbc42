//! The way into ConnectWise, and the choices made there.

pub mod credentials;
pub mod get;
pub mod options;
pub mod save;
