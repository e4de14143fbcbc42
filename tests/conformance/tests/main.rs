//! That the endpoints, the binaries, the template and the `OpenAPI` description agree, and what the template allows.

mod drift;
mod openapi;
mod policies;
