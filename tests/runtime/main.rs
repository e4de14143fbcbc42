//! Every function's binary as a process under an emulated Lambda Runtime API, fed API Gateway's events, answers what the
//! local stack's gateway answers to the same request.
//!
//! Two local stacks run side by side. One is asked over HTTP. The other lends its table and its vendor to the binaries.
//! Both see the same requests in the same order, so each answer must be equal, and in the end what both vendors hold.
//!
//! The binaries are those of cargo's test profile, which is built much faster than the one that ships; `cargo test --release
//! -p functions --test runtime` takes the release profile instead, and `tests/bench/start-up` runs what `sam build` makes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod actions;
mod cases;
mod connectwise;
mod emulator;
mod monitor;
mod panics;
mod portal;
mod processes;
mod reconciler;
mod start_up;
mod twins;
