//! The local stack's command line, as its binary is used.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test's own calls must succeed")]

mod check;
mod demo;
mod program;
mod start;
mod usage;
