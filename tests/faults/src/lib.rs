//! What the fault tests share: a world to break, the faults, and how to tell whether all is well again.

#![expect(clippy::indexing_slicing, reason = "JSON that the tests make themselves")]

pub mod fault;
pub mod histories;
pub mod model;
pub mod request;
pub mod scenario;
pub mod world;
