//! Encryption of secrets in the table.
//!
//! A deployment uses KMS, with the tenant as encryption context, so that a value encrypted for one tenant cannot be
//! decrypted for another. The local stack uses a local key.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use aes_gcm::aead::{Aead, Generate, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use aws_sdk_kms::error::DisplayErrorContext;
use aws_sdk_kms::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

use crate::config;

/// Length of a nonce, in bytes.
const NONCE_LEN: usize = 12;

/// Time for which a process uses a decrypted value again, so that calls in a row cost one request to KMS. Until then it does not
/// notice that the key was disabled.
const KEPT: Duration = Duration::from_mins(5);

/// Maximum number of decrypted values that a process keeps.
const MAX_KEPT: usize = 256;

/// A failed encryption or decryption. Its text contains no secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("encryption: {0}")]
pub struct SealError(String);

/// Encrypts and decrypts values of at most 4,096 bytes, which is the limit of KMS.
#[derive(Debug)]
pub struct Sealer {
    kind: Kind,
    opened: Mutex<OpenedValues>,
}

#[derive(Debug)]
enum Kind {
    Kms { client: Box<aws_sdk_kms::Client>, key: Option<String> },
    Local(LocalKey),
}

struct LocalKey(Key<Aes256Gcm>);

/// Decrypted values by tenant and ciphertext, with the time of the decryption.
#[derive(Debug, Default)]
struct OpenedValues(HashMap<(String, Vec<u8>), (Instant, SecretString)>);

impl OpenedValues {
    fn get(&mut self, tenant: &str, sealed: &[u8], now: Instant) -> Option<String> {
        self.0.retain(|_, (at, _)| now.duration_since(*at) < KEPT);
        self.0.get(&(tenant.to_owned(), sealed.to_owned())).map(|(_, text)| text.expose_secret().to_owned())
    }

    fn keep(&mut self, tenant: &str, sealed: &[u8], text: &str, now: Instant) {
        if self.0.len() < MAX_KEPT {
            self.0.insert((tenant.to_owned(), sealed.to_owned()), (now, text.into()));
        }
    }
}

impl std::fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalKey")
    }
}

impl Sealer {
    /// Uses the KMS key whose ARN is in `SEAL_KEY_ID`. Functions that store no secrets do not need the variable.
    pub fn from_env(aws: &aws_config::SdkConfig) -> Self {
        let client = Box::new(aws_sdk_kms::Client::new(aws));
        Self::of(Kind::Kms { client, key: config::optional("SEAL_KEY_ID") })
    }

    /// Uses the key in `file`, which is created if it does not exist. Without a file, the key lives as long as the
    /// process.
    ///
    /// # Errors
    /// The file cannot be read or written, or does not contain a key.
    pub fn local(file: Option<&Path>) -> std::io::Result<Self> {
        let existing = file.filter(|file| file.exists()).map(std::fs::read).transpose()?;
        let key = match existing {
            Some(bytes) => Key::<Aes256Gcm>::try_from(bytes.as_slice()).map_err(std::io::Error::other)?,
            None => Key::<Aes256Gcm>::generate(),
        };
        if let Some(file) = file {
            let mut private = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
            private.write_all(key.as_slice())?;
        }
        Ok(Self::of(Kind::Local(LocalKey(key))))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, opened: Mutex::default() }
    }

    /// Encrypts `text` for `tenant`. Returns base64.
    ///
    /// # Errors
    /// KMS fails, or `SEAL_KEY_ID` is not set.
    pub async fn seal(&self, tenant: &str, text: &str) -> Result<String, SealError> {
        let sealed = match &self.kind {
            Kind::Kms { client, key } => client
                .encrypt()
                .key_id(key.as_ref().ok_or_else(|| SealError("SEAL_KEY_ID is not set".to_owned()))?)
                .encryption_context("tenant", tenant)
                .plaintext(Blob::new(text))
                .send()
                .await
                .map_err(|error| SealError(DisplayErrorContext(error).to_string()))?
                .ciphertext_blob
                .map(Blob::into_inner)
                .unwrap_or_default(),
            Kind::Local(LocalKey(key)) => {
                let nonce = Nonce::generate();
                let payload = Payload { msg: text.as_bytes(), aad: tenant.as_bytes() };
                let sealed = Aes256Gcm::new(key)
                    .encrypt(&nonce, payload)
                    .map_err(|_| SealError("the local key failed".to_owned()))?;
                [nonce.as_slice(), &sealed].concat()
            }
        };
        Ok(STANDARD.encode(sealed))
    }

    /// Decrypts `sealed`, which was encrypted for `tenant`, unless this process has done so in the last five minutes.
    ///
    /// # Errors
    /// KMS fails, or the value was encrypted with another key or for another tenant.
    pub async fn open(&self, tenant: &str, sealed: &str) -> Result<String, SealError> {
        let sealed = STANDARD.decode(sealed).map_err(|error| SealError(error.to_string()))?;
        let opened_values = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = opened_values().get(tenant, &sealed, Instant::now()) {
            return Ok(text);
        }
        let opened = match &self.kind {
            Kind::Kms { client, .. } => client
                .decrypt()
                .encryption_context("tenant", tenant)
                .ciphertext_blob(Blob::new(sealed.as_slice()))
                .send()
                .await
                .map_err(|error| SealError(DisplayErrorContext(error).to_string()))?
                .plaintext
                .map(Blob::into_inner)
                .ok_or_else(|| SealError("KMS returned no plaintext".to_owned()))?,
            Kind::Local(LocalKey(key)) => {
                let mismatch =
                    || SealError("the value was encrypted with another key or for another tenant".to_owned());
                let (nonce, encrypted) = sealed.split_at_checked(NONCE_LEN).ok_or_else(mismatch)?;
                let nonce = Nonce::try_from(nonce).map_err(|_| mismatch())?;
                let payload = Payload { msg: encrypted, aad: tenant.as_bytes() };
                Aes256Gcm::new(key).decrypt(&nonce, payload).map_err(|_| mismatch())?
            }
        };
        let text = String::from_utf8(opened).map_err(|_| SealError("the plaintext is not UTF-8".to_owned()))?;
        opened_values().keep(tenant, &sealed, &text, Instant::now());
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_value_is_encrypted_for_one_tenant() {
        let sealer = Sealer::local(None).unwrap();
        let token = sealer.seal("one", "token").await.unwrap();
        assert!(!token.contains("token"));
        assert_ne!(token, sealer.seal("one", "token").await.unwrap());
        assert_eq!(sealer.open("one", &token).await.unwrap(), "token");
        assert!(sealer.open("other", &token).await.is_err());
        assert!(Sealer::local(None).unwrap().open("one", &token).await.is_err());
        assert!(sealer.open("one", "x").await.is_err());
    }

    #[test]
    fn a_decrypted_value_is_used_for_five_minutes_and_for_its_tenant() {
        let (mut opened, now) = (OpenedValues::default(), Instant::now());
        opened.keep("one", b"sealed", "token", now);
        assert_eq!(opened.get("one", b"sealed", now).as_deref(), Some("token"));
        assert_eq!(opened.get("other", b"sealed", now), None);
        assert!(!format!("{opened:?}").contains("token"));
        assert_eq!(opened.get("one", b"sealed", now + KEPT), None);
        for number in 0..2 * MAX_KEPT {
            opened.keep("one", &number.to_le_bytes(), "token", now);
        }
        assert_eq!(opened.0.len(), MAX_KEPT);
    }
}
