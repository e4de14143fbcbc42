//! The key that signs ID tokens: ECDSA with P-256 (RFC 7518, section 3.4).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use thiserror::Error;

/// A key that cannot be made or used.
#[derive(Debug, Error)]
#[error("the identity provider's key cannot be used")]
pub struct SigningError;

/// A key with its id.
pub(super) struct SigningKey {
    id: &'static str,
    pair: EcdsaKeyPair,
}

impl SigningKey {
    /// Makes a new key.
    pub(super) fn generate(id: &'static str) -> Result<Self, SigningError> {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).map_err(|_| SigningError)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random)
            .map_err(|_| SigningError)?;
        Ok(Self { id, pair })
    }

    /// Returns the public part as a JSON Web Key. The point is not compressed: 4, then both coordinates of 32 bytes.
    pub(super) fn public(&self) -> Value {
        let point: &[u8] = self.pair.public_key().as_ref();
        let coordinate = |from: usize| URL_SAFE_NO_PAD.encode(point.get(from..from + 32).unwrap_or_default());
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id,
            "x": coordinate(1), "y": coordinate(33),
        })
    }

    /// Returns a signed token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> Result<String, SigningError> {
        let text = signed_text(&json!({ "alg": "ES256", "typ": "JWT", "kid": self.id }), claims);
        let signature = self.pair.sign(&SystemRandom::new(), text.as_bytes()).map_err(|_| SigningError)?;
        Ok(format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// Returns a token without a signature.
pub(super) fn unsigned(claims: &Value) -> String {
    format!("{}.", signed_text(&json!({ "alg": "none", "typ": "JWT" }), claims))
}

fn signed_text(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}
