//! Verification of reports: an HMAC signature over timestamp and body, with the key of a registered reporter
//! (`key_registry`).
//!
//! ```text
//! X-Reporter-Id: the reporter's id
//! X-Timestamp: seconds since the epoch
//! X-Signature: sha256=HEX(HMAC-SHA256(key, X-Timestamp + "." + body))
//! ```

use aws_config::SdkConfig;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use sha2::Sha256;
use uuid::Uuid;

use crate::auth::key_registry::KeyRegistry;
use crate::config;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;

/// Maximum difference between a report's timestamp and our clock, in both directions.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The registered reporters; `None` if the deployment accepts no reports.
#[derive(Debug)]
pub struct Reporters(Option<KeyRegistry>);

/// A report whose signature was verified.
#[derive(Clone, Debug)]
pub struct VerifiedReport {
    /// The reporter's id, or the one that it replaces.
    pub reporter: Uuid,
    /// The number of its key in the secret, from 1.
    pub key_number: usize,
    /// The fingerprint of reporter, timestamp and signature. A replay has the same one.
    pub fingerprint: Fingerprint,
}

impl Reporters {
    /// Reads the reporters from the secret whose ARN or name is in `REPORTERS_SECRET_ID`. If the variable is not set,
    /// no report is accepted.
    pub fn from_env(aws: &SdkConfig) -> Self {
        Self(config::optional("REPORTERS_SECRET_ID").map(|id| KeyRegistry::from_secret(aws, id)))
    }

    /// Returns a fixed set of reporters, for the local stack and for tests.
    pub fn from_keys(keys: impl IntoIterator<Item = (Uuid, SecretString)>) -> Self {
        Self(Some(KeyRegistry::from_keys(keys)))
    }

    /// Verifies that a registered reporter signed `body` and that the signature is at most [`CLOCK_SKEW`] old.
    ///
    /// # Errors
    /// [`ErrorCode::NotAuthorized`]; [`ErrorCode::StoreUnavailable`] if the keys cannot be read.
    pub async fn verify(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedReport, ServiceError> {
        let registered = self.0.as_ref().ok_or_else(|| {
            unauthorized("This deployment accepts no reports: REPORTERS_SECRET_ID is not set. Ask its operator.")
        })?;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let incomplete = || {
            unauthorized(
                "X-Reporter-Id (a GUID), X-Timestamp (seconds since 1970) or X-Signature (sha256= and 64 hexadecimal digits) is missing or malformed.",
            )
        };
        let reporter: Uuid = header("x-reporter-id").and_then(|id| id.parse().ok()).ok_or_else(incomplete)?;
        let timestamp = header("x-timestamp").ok_or_else(incomplete)?;
        let at =
            timestamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(incomplete)?;
        let signature = header("x-signature").and_then(|text| text.strip_prefix("sha256=")).ok_or_else(incomplete)?;
        let signature = hex::decode(signature).map_err(|_| incomplete())?;
        let accepted = registered.find(reporter, |key| verify_hmac(key, timestamp, body, &signature)).await?;
        let accepted = accepted.ok_or_else(|| {
            unauthorized(
                "The signature does not match the reporter's key, the timestamp and the body. Sign exactly the bytes that are sent.",
            )
        })?;
        if now.duration_since(at).abs() > CLOCK_SKEW {
            return Err(unauthorized(
                "X-Timestamp differs from the current time by more than 5 minutes. Correct the clock, then sign the report again.",
            ));
        }
        let fingerprint = Fingerprint::hash(&(accepted.id, timestamp, signature));
        Ok(VerifiedReport { reporter: accepted.id, key_number: accepted.number, fingerprint })
    }
}

/// Returns the error for a report that was already accepted.
pub fn replayed_error() -> ServiceError {
    unauthorized("This report was already accepted. To send it again, sign it again with a new X-Timestamp.")
}

fn verify_hmac(key: &str, timestamp: &str, body: &[u8], signature: &[u8]) -> bool {
    // A key can have any length.
    Hmac::<Sha256>::new_from_slice(key.as_bytes()).is_ok_and(|mut mac| {
        mac.update(timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(signature).is_ok()
    })
}

fn unauthorized(message: &str) -> ServiceError {
    ServiceError::new(ErrorCode::NotAuthorized, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"events": []}"#;

    fn signature(key: &str, timestamp: &str, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(&[timestamp.as_bytes(), b".", body].concat());
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }

    async fn verify(
        reporter: Uuid,
        timestamp: &str,
        signature: &str,
        body: &[u8],
    ) -> Result<VerifiedReport, ServiceError> {
        let reporters = Reporters::from_keys([
            (Uuid::from_u128(1), "key".into()),
            (Uuid::from_u128(1), "old key".into()),
            (Uuid::from_u128(2), "".into()),
        ]);
        let mut headers = HeaderMap::new();
        headers.insert("x-reporter-id", reporter.to_string().parse().unwrap());
        headers.insert("x-timestamp", timestamp.parse().unwrap());
        headers.insert("x-signature", signature.parse().unwrap());
        reporters.verify(&headers, body, Timestamp::from_second(1_900_000_000).unwrap()).await
    }

    #[tokio::test]
    async fn only_fresh_reports_signed_by_their_reporter_are_accepted() {
        let (reporter, timestamp) = (Uuid::from_u128(1), "1900000000");
        let good = signature("key", timestamp, BODY);
        for (key, number) in [("key", 1), ("old key", 2)] {
            let verified = verify(reporter, timestamp, &signature(key, timestamp, BODY), BODY).await.unwrap();
            assert_eq!((verified.reporter, verified.key_number), (reporter, number));
        }
        let edge = "1900000300";
        assert!(verify(reporter, edge, &signature("key", edge, BODY), BODY).await.is_ok());
        for old in ["1899999699", "1900000301"] {
            let error = verify(reporter, old, &signature("key", old, BODY), BODY).await.unwrap_err();
            assert!(error.message().contains("5 minutes"), "{error:?}");
        }
        let unknown = Uuid::from_u128(3);
        for (reporter, timestamp, signature, body) in [
            (reporter, "1900000001", good.as_str(), BODY),
            (reporter, timestamp, &good, br#"{"events":[]}"#.as_slice()),
            (reporter, timestamp, &signature("other", timestamp, BODY), BODY),
            (unknown, timestamp, &signature("", timestamp, BODY), BODY),
            (Uuid::from_u128(2), timestamp, &signature("", timestamp, BODY), BODY),
            (reporter, timestamp, &good[..20], BODY),
            (reporter, "soon", &good, BODY),
            (reporter, timestamp, "", BODY),
        ] {
            let error = verify(reporter, timestamp, signature, body).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::NotAuthorized);
        }
    }

    #[test]
    fn the_signature_matches_rfc_4231() {
        // Test case 2: key "Jefe", data "what do ya want for nothing?"; the dot stands in the data.
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(mac.finalize().into_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
