//! Hanging.
