//! Fingerprints of values: 32-byte hashes that compare two requests without storing their content.

use std::fmt;

use base64::Engine;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of a value's canonical JSON, in URL-safe base64.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Returns the fingerprint of `value`. Struct members are serialized in the order of the type, maps in key order.
    pub fn hash(value: &impl Serialize) -> Self {
        // All values that cannot be serialized have the same fingerprint.
        let json = serde_json::to_vec(value).unwrap_or_default();
        let digest = Sha256::digest(json);
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_values_have_different_fingerprints() {
        assert_eq!(Fingerprint::hash(&("a", 1)), Fingerprint::hash(&("a", 1)));
        assert_ne!(Fingerprint::hash(&("a", 1)), Fingerprint::hash(&("a", 2)));
        assert_eq!(Fingerprint::hash(&()).0.len(), 43);
    }
}
