//! That the endpoints, the binaries, the template and the `OpenAPI` description agree, and what the template allows.

#![expect(clippy::unwrap_used, reason = "a test")]

mod drift;
mod openapi;
mod policies;
