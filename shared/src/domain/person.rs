//! People of an MSP, who sign in to its portal as themselves.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::account::Email;

/// The address by which an MSP's identity provider names a person. It is in lower case, so that one person has one address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonAddress(String);

impl PersonAddress {
    /// Parses an address, in any letter case; `None` for a text that is no email address, and for one with other letters than ASCII's
    /// before the `@`. Some of those look like ASCII's or become one of them in lower case, so two people would have one address.
    pub fn parse(text: &str) -> Option<Self> {
        let email = Email::parse(text).ok()?;
        let (local, _) = email.as_str().rsplit_once('@')?;
        local.is_ascii().then(|| Self(email.as_str().to_ascii_lowercase()))
    }

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PersonAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_address_in_any_letter_case() {
        let parsed = |text: &str| PersonAddress::parse(text).map(|address| address.to_string());
        assert_eq!(parsed(" Zoe@MSP.example ").as_deref(), Some("zoe@msp.example"));
        assert_eq!(parsed("zoe"), None);
        assert_eq!(parsed(""), None);
    }

    #[test]
    fn no_other_letter_becomes_one_of_ascii() {
        // The sign of kelvin is k in lower case, and a Cyrillic letter looks like an a.
        for text in ["\u{212a}ate@msp.example", "z\u{f6}e@msp.example", "s\u{430}m@msp.example"] {
            assert_eq!(PersonAddress::parse(text), None, "{text}");
        }
        let domain = PersonAddress::parse("kate@ban\u{212a}.example").map(|address| address.to_string());
        assert_ne!(domain.as_deref(), Some("kate@bank.example"));
    }
}
