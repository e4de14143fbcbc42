//! A wish in 32 bytes, so that two requests can be told the same or different without keeping what they said.

use std::fmt;

use base64::Engine;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The SHA-256 of a wish's canonical JSON, in URL-safe base64.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint of `wish`. Members are taken in the type's order, maps in key order.
    pub fn hash(wish: &impl Serialize) -> Self {
        // A value whose serialization fails has no wish to tell apart: all of them count as the same.
        let json = serde_json::to_vec(wish).unwrap_or_default();
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
    fn tells_wishes_apart() {
        assert_eq!(Fingerprint::hash(&("a", 1)), Fingerprint::hash(&("a", 1)));
        assert_ne!(Fingerprint::hash(&("a", 1)), Fingerprint::hash(&("a", 2)));
        assert_eq!(Fingerprint::hash(&()).0.len(), 43);
    }
}
