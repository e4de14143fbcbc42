//! Runs every function's binary as a process under an emulated Lambda Runtime API, with API Gateway's events. Each
//! response must equal that of the local stack's gateway to the same request.
//!
//! Two local stacks run side by side. One is called over HTTP; the binaries use the table and the vendor of the other.
//! Both receive the same requests in the same order, so all responses and the final states of both vendors must be
//! equal.
//!
//! The binaries are built with cargo's test profile, which builds much faster than the release profile. `cargo test
//! --release -p functions --test runtime` uses the release profile, and `tests/bench/run` measures that of the
//! profile `deploy`.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod actions;
mod bench;
mod cases;
mod connectwise;
mod denials;
mod deployed;
mod emulator;
mod junk;
mod local_key;
mod log_lines;
mod monitor;
mod panics;
mod parity;
mod permissions;
mod portal;
mod process;
mod reconciler;
mod references;
mod rotation;
mod saved_queries;
mod stories;
mod tls;
