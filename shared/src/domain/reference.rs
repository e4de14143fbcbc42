//! References of errors. A person who reads an error reports its reference, and the log has one line with it.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Ten hexadecimal digits: of a million errors, two are alike with a probability of a third.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(String);

impl Reference {
    /// Returns the reference of the request or attempt with this id, which is unique.
    pub fn of(id: &str) -> Self {
        let digest = Sha256::digest(id);
        let number = digest.iter().take(5).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        Self(format!("{number:010x}"))
    }

    /// Returns `message` with the reference at its end.
    pub fn after(&self, message: &str) -> String {
        format!("{message} Reference: {self}")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_reference() {
        assert_eq!(Reference::of("c6af9ac6").to_string(), Reference::of("c6af9ac6").to_string());
        assert_ne!(Reference::of("c6af9ac6"), Reference::of("c6af9ac7"));
        let message = Reference::of("").after("Try again.");
        assert_eq!(message, "Try again. Reference: e3b0c44298");
    }
}
