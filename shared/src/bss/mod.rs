//! The BSS's wire types, headers and envelopes: lenient on input, exact on output.
//!
//! BSS installations of many versions call the service manager. They use different letter case in property names, omit
//! properties or send null, write ids and enums as numbers or as text, and add properties with each release. [`parse`]
//! normalizes all of this in one place, so the rest of the code sees one shape. Responses use exactly the names that
//! the BSS's own model library declares. Facts: `docs/vendors/bss.md`.
//!
//! This room imports no other room.

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

/// A string map of the BSS (`ExtraDetails`, `SyncOptions`, …). In a request its keys are in lower case, see [`parse`].
pub type TextMap = BTreeMap<String, String>;
