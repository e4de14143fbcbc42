//! The local stack's outside world: an in-process `DynamoDB` engine and stateful, strict vendor sandboxes.
//!
//! Each of them is an [`axum::Router`] that answers the vendor's calls and the `/_sandbox` controls, wrapped by
//! [`faults::Faults`] and put on a port by [`serve::serve`].

pub mod aws;
pub mod background;
pub mod calls;
pub mod clock;
pub mod connectwise;
pub mod dropbox;
pub mod dropsuite;
pub mod dynamodb;
pub mod faults;
pub mod file;
pub mod gateway;
pub mod serve;
pub mod sqs;
pub mod stack;
pub mod stream;
