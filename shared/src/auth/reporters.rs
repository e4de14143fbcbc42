//! Whose report it is, and that it is new: a signature over its moment and its very bytes, by a key that was
//! [`registered`](crate::auth::key_registry).
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
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

use crate::auth::key_registry::{KEPT, REREAD_EVERY, Registered};
use crate::config;
use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;
use crate::domain::fingerprint::Fingerprint;

/// How far a report's moment may be from ours.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Who may report.
#[derive(Debug)]
pub struct Reporters(Option<Registered>);

/// A report that is its reporter's.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What it is known by: the same for a replay.
    pub fingerprint: Fingerprint,
}

impl Reporters {
    /// Those in the secret that `REPORTERS_SECRET_ID` names (its ARN or name); nobody if it is not set.
    pub fn from_env(aws: &SdkConfig) -> Self {
        Self(config::optional("REPORTERS_SECRET_ID").map(|id| Registered::in_secret(aws, id)))
    }

    /// Just these: for the local stack and for tests.
    pub fn fixed(keys: impl IntoIterator<Item = (Uuid, SecretString)>) -> Self {
        Self(Some(Registered::fixed(keys)))
    }

    /// Who signed `body`, if it was signed just now.
    ///
    /// # Errors
    /// [`Code::NotAuthorized`]; [`Code::StoreUnavailable`] if that can't be told now.
    pub async fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Signed, ServiceError> {
        let registered = self.0.as_ref().ok_or_else(|| refused("This deployment takes no reports."))?;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let incomplete = || {
            refused(
                "X-Reporter-Id (a GUID), X-Timestamp (seconds since 1970) or X-Signature (sha256= and 64 hexadecimal digits) is missing or malformed.",
            )
        };
        let reporter: Uuid = header("x-reporter-id").and_then(|id| id.parse().ok()).ok_or_else(incomplete)?;
        let stamp = header("x-timestamp").ok_or_else(incomplete)?;
        let at = stamp.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()).ok_or_else(incomplete)?;
        let signature = header("x-signature").and_then(|text| text.strip_prefix("sha256=")).ok_or_else(incomplete)?;
        let signature = hex::decode(signature).map_err(|_| incomplete())?;
        let mut proved = false;
        for age in [KEPT, REREAD_EVERY] {
            let keys = registered.keys(age).await?;
            // An unknown reporter takes as long as a wrong key.
            let key = keys.get(&reporter).map_or("", ExposeSecret::expose_secret);
            proved = is_signed(key, stamp, body, &signature)? && !key.is_empty();
            if proved {
                break;
            }
        }
        if !proved {
            return Err(refused(
                "The signature is not the reporter's over this timestamp and body. Sign the very bytes that are sent.",
            ));
        }
        if now.duration_since(at).abs() > WINDOW {
            return Err(refused(
                "The report was signed more than 5 minutes ago, or ahead. Sign it anew, by a right clock.",
            ));
        }
        Ok(Signed { fingerprint: Fingerprint::hash(&(reporter, stamp, signature)) })
    }
}

/// A report that was taken already.
pub fn replayed() -> ServiceError {
    refused("This very report was taken already. To report again, sign it anew.")
}

fn is_signed(key: &str, stamp: &str, body: &[u8], signature: &[u8]) -> Result<bool, ServiceError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(ServiceError::internal)?;
    mac.update(stamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    Ok(mac.verify_slice(signature).is_ok())
}

fn refused(why: &str) -> ServiceError {
    ServiceError::new(ErrorCode::NotAuthorized, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"events": []}"#;

    fn signature(key: &str, stamp: &str, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(&[stamp.as_bytes(), b".", body].concat());
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }

    async fn verify(reporter: Uuid, stamp: &str, signature: &str, body: &[u8]) -> Result<Signed, ServiceError> {
        let reporters = Reporters::fixed([(Uuid::from_u128(1), "key".into()), (Uuid::from_u128(2), "".into())]);
        let mut headers = HeaderMap::new();
        headers.insert("x-reporter-id", reporter.to_string().parse().unwrap());
        headers.insert("x-timestamp", stamp.parse().unwrap());
        headers.insert("x-signature", signature.parse().unwrap());
        reporters.verify(&headers, body, Timestamp::from_second(1_900_000_000).unwrap()).await
    }

    #[tokio::test]
    async fn only_the_reporters_own_new_words_are_taken() {
        let (reporter, stamp) = (Uuid::from_u128(1), "1900000000");
        let good = signature("key", stamp, BODY);
        assert!(verify(reporter, stamp, &good, BODY).await.is_ok());
        let edge = "1900000300";
        assert!(verify(reporter, edge, &signature("key", edge, BODY), BODY).await.is_ok());
        for old in ["1899999699", "1900000301"] {
            let failure = verify(reporter, old, &signature("key", old, BODY), BODY).await.unwrap_err();
            assert!(failure.message().contains("5 minutes"), "{failure:?}");
        }
        let nobody = Uuid::from_u128(3);
        for (reporter, stamp, signature, body) in [
            (reporter, "1900000001", good.as_str(), BODY),
            (reporter, stamp, &good, br#"{"events":[]}"#.as_slice()),
            (reporter, stamp, &signature("other", stamp, BODY), BODY),
            (nobody, stamp, &signature("", stamp, BODY), BODY),
            (Uuid::from_u128(2), stamp, &signature("", stamp, BODY), BODY),
            (reporter, stamp, &good[..20], BODY),
            (reporter, "soon", &good, BODY),
            (reporter, stamp, "", BODY),
        ] {
            let failure = verify(reporter, stamp, signature, body).await.unwrap_err();
            assert_eq!(failure.code(), ErrorCode::NotAuthorized);
        }
    }

    #[test]
    fn the_signature_is_the_one_of_rfc_4231() {
        // Test case 2: key "Jefe", data "what do ya want for nothing?"; the dot stands in the data.
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(mac.finalize().into_bytes()),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
