//! Tests that the endpoints, the binaries, the template and the `OpenAPI` description agree, and that the policies are
//! minimal.

#![expect(clippy::unwrap_used, reason = "a test")]

mod documentation;
mod drift;
mod event_sources;
mod generated;
mod local_variables;
mod openapi;
mod policies;
mod stacks;
