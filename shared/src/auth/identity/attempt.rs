//! A sign-in that is under way.

use secrecy::{ExposeSecret, SecretString};

use crate::auth::random;
use crate::domain::fingerprint::Fingerprint;

/// The secret of a sign-in that is under way. Only the browser that began it has it. The state, the nonce and the verifier of
/// PKCE are made of it, so none of them must be stored.
#[derive(Clone, Debug)]
pub struct SignInAttempt(SecretString);

impl SignInAttempt {
    /// Begins a sign-in with a new secret.
    pub fn begin() -> Self {
        Self(random::secret().into())
    }

    /// Returns the sign-in with this secret.
    pub fn with_secret(secret: SecretString) -> Self {
        Self(secret)
    }

    /// Returns the secret.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }

    /// Returns what the provider gives back with the code. It identifies the sign-in.
    pub fn state(&self) -> String {
        self.derived("state")
    }

    /// Returns what the ID token must have.
    pub(super) fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// Returns the verifier of PKCE.
    pub(super) fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// Returns 43 characters of URL-safe base64: 256 bits from which the secret cannot be found.
    fn derived(&self, purpose: &str) -> String {
        Fingerprint::hash(&("sign-in", purpose, self.0.expose_secret())).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_sign_in_differ_and_show_no_secret() {
        let (one, other) = (SignInAttempt::begin(), SignInAttempt::begin());
        let values = [one.state(), one.nonce(), one.verifier(), other.state(), other.verifier()];
        for (place, value) in values.iter().enumerate() {
            assert_eq!(value.len(), 43, "PKCE needs 43 to 128 characters");
            assert!(!values[..place].contains(value) && !value.contains(one.secret().expose_secret()));
        }
        assert_eq!(SignInAttempt::with_secret(one.secret().clone()).verifier(), one.verifier());
        assert!(!format!("{one:?}").contains(one.secret().expose_secret()));
    }
}
