//! Callers and secrets: the applications, reporters, portal sessions and keys that may call, and the encryption of
//! credentials.
//!
//! This room imports `bss`, `config`, `domain`, `http_client` and `store`. It never knows an endpoint, a vendor or a request
//! context.

pub mod applications;
pub mod encryption;
pub mod identity;
mod key_registry;
pub mod partner_credentials;
mod random;
pub mod reporters;
pub mod session;
pub mod session_carrier;
pub mod sign_in_limit;
pub mod usage_key;
