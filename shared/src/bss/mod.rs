//! What the BSS says and is told, as the wire has it: tolerant in, exact out.
//!
//! Installations of many ages call us. They spell property names in their own letter case, leave out or null what others
//! send, write ids and enums as numbers or as text, and add properties with each release. All of that is settled here,
//! once ([`parse`]), so that the rest of the product sees one shape. What we answer is spelled exactly as the BSS's own
//! model library declares it. There is no logic and no I/O in this module; facts are from `reference/bss.md`.

use std::collections::BTreeMap;

pub mod envelope;
pub mod headers;
pub mod lenient;
pub mod requests;
pub mod responses;

pub use envelope::ResultEnvelope;
pub use headers::Settings;
pub use lenient::{Malformed, parse};
pub use requests::{AccountDefinition, ActionType, AddonDefinition, ServiceAttribute, ServiceDefinition};

/// A string map of the BSS (`ExtraDetails`, `SyncOptions`, …). In a request its keys are lower case, see [`parse`].
pub type TextMap = BTreeMap<String, String>;
