//! Fingerprints of values: 32-byte hashes that compare two requests without storing their content.

use std::fmt;

use base64::Engine;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The SHA-256 of a value's canonical JSON, in URL-safe base64.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Returns the fingerprint of `value`. Struct members are serialized in the order of the type, maps in key order. A value
    /// that cannot be serialized gets a random fingerprint, which equals no other: it never counts as known.
    pub fn hash(value: &impl Serialize) -> Self {
        let digest = match serde_json::to_vec(value) {
            Ok(json) => Sha256::digest(json),
            Err(_) => Sha256::digest(Uuid::new_v4()),
        };
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
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn different_values_have_different_fingerprints() {
        assert_eq!(Fingerprint::hash(&("a", 1)), Fingerprint::hash(&("a", 1)));
        assert_ne!(Fingerprint::hash(&("a", 1)), Fingerprint::hash(&("a", 2)));
        assert_eq!(Fingerprint::hash(&()).0.len(), 43);
    }

    #[test]
    fn a_value_that_cannot_be_serialized_equals_no_other() {
        // JSON has no keys that are lists.
        let broken = |seats: u32| BTreeMap::from([(["key"], seats)]);
        assert!(serde_json::to_vec(&broken(1)).is_err());
        let hashes = [&broken(1), &broken(1), &broken(2)].map(Fingerprint::hash);
        assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2], "{hashes:?}");
        assert_ne!(hashes[0], Fingerprint::hash(&""));
        assert_eq!(hashes[0].0.len(), 43);
    }
}
