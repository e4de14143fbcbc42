//! Credentials of an API member.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// The login company and the key pair of an API member.
#[derive(Clone)]
pub struct Credentials {
    company: String,
    authorization: SecretString,
}

impl Credentials {
    /// Returns the credentials from the three fields of the MSP's settings. Surrounding white space is removed.
    ///
    /// # Errors
    /// [`CredentialsError`], with a message for the MSP.
    pub fn new(company: &str, public_key: &str, private_key: &SecretString) -> Result<Self, CredentialsError> {
        if let Some(error) = Self::errors(company, public_key, private_key).next() {
            return Err(error);
        }
        let [company, public_key, private_key] = [company, public_key, private_key.expose_secret()].map(str::trim);
        let encoded = BASE64_STANDARD.encode(format!("{company}+{public_key}:{private_key}"));
        Ok(Self { company: company.to_owned(), authorization: format!("Basic {encoded}").into() })
    }

    /// Returns an error for each invalid field, in the order of the fields.
    pub fn errors(
        company: &str,
        public_key: &str,
        private_key: &SecretString,
    ) -> impl Iterator<Item = CredentialsError> + use<> {
        let [company, public_key, private_key] = [company, public_key, private_key.expose_secret()].map(str::trim);
        let invalid =
            |text: &str, marks: &[char]| text.is_empty() || text.contains(marks) || text.contains(char::is_control);
        // The user name is company+key and ends at the first colon.
        [
            // In a URL, the two names of dots would leave the path of the company.
            (invalid(company, &['+', ':', '/']) || [".", ".."].contains(&company), CredentialsError::Company),
            (invalid(public_key, &[':']), CredentialsError::PublicKey),
            (invalid(private_key, &[]), CredentialsError::PrivateKey),
        ]
        .into_iter()
        .filter_map(|(invalid, error)| invalid.then_some(error))
    }

    /// Returns the login company.
    pub(super) fn company(&self) -> &str {
        &self.company
    }

    /// Returns the value of the `Authorization` header.
    pub(super) fn authorization(&self) -> &SecretString {
        &self.authorization
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// A field that is missing or invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// The company.
    #[error(
        "The Company Identifier is missing or invalid. Enter only the company with which you sign in to ConnectWise."
    )]
    Company,
    /// The public key.
    #[error("The Public Key is missing or invalid. Copy it from System > Members > API Members > API Keys.")]
    PublicKey,
    /// The private key.
    #[error(
        "The Private Key is missing or invalid. ConnectWise shows it only once, when the keys are created. If you do not have it, create new keys."
    )]
    PrivateKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_authorization_is_not_in_debug_output() {
        let credentials = Credentials::new(" demo", "pub ", &"priv:ate ".into()).unwrap();
        // demo+pub:priv:ate
        assert_eq!(credentials.authorization().expose_secret(), "Basic ZGVtbytwdWI6cHJpdjphdGU=");
        assert_eq!(credentials.company(), "demo");
        assert_eq!(format!("{credentials:?}"), "Credentials { .. }");
    }

    #[test]
    fn each_invalid_field_is_named() {
        let error = |company, public, private: &str| Credentials::new(company, public, &private.into()).unwrap_err();
        for company in ["", " ", "demo+pub", "demo:x", "a/b", "de\nmo", ".", " .. "] {
            assert_eq!(error(company, "pub", "priv"), CredentialsError::Company, "{company:?}");
        }
        assert_eq!(error("demo", "pu:b", "priv"), CredentialsError::PublicKey);
        assert_eq!(error("demo", "pub", " "), CredentialsError::PrivateKey);
    }
}
