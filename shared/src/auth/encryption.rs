//! Encryption of secrets in the table.
//!
//! A deployment uses KMS, with the tenant as encryption context, so that a value encrypted for one tenant cannot be
//! decrypted for another. The local stack uses a local key.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aes_gcm::aead::{Aead, Generate, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use aws_sdk_kms::error::DisplayErrorContext;
use aws_sdk_kms::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config;

/// Length of a nonce, in bytes.
const NONCE_LEN: usize = 12;

/// A failed encryption or decryption. Its text contains no secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("encryption: {0}")]
pub struct SealError(String);

/// Encrypts and decrypts values of at most 4,096 bytes, which is the limit of KMS.
#[derive(Debug)]
pub struct Sealer(Kind);

#[derive(Debug)]
enum Kind {
    Kms { client: Box<aws_sdk_kms::Client>, key: Option<String> },
    Local(LocalKey),
}

struct LocalKey(Key<Aes256Gcm>);

impl std::fmt::Debug for LocalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LocalKey")
    }
}

impl Sealer {
    /// Uses the KMS key whose ARN is in `SEAL_KEY_ID`. Functions that store no secrets do not need the variable.
    pub fn from_env(aws: &aws_config::SdkConfig) -> Self {
        let client = Box::new(aws_sdk_kms::Client::new(aws));
        Self(Kind::Kms { client, key: config::optional("SEAL_KEY_ID") })
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
        Ok(Self(Kind::Local(LocalKey(key))))
    }

    /// Encrypts `text` for `tenant`. Returns base64.
    ///
    /// # Errors
    /// KMS fails, or `SEAL_KEY_ID` is not set.
    pub async fn seal(&self, tenant: &str, text: &str) -> Result<String, SealError> {
        let sealed = match &self.0 {
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

    /// Decrypts `sealed`, which was encrypted for `tenant`.
    ///
    /// # Errors
    /// KMS fails, or the value was encrypted with another key or for another tenant.
    pub async fn open(&self, tenant: &str, sealed: &str) -> Result<String, SealError> {
        let sealed = STANDARD.decode(sealed).map_err(|error| SealError(error.to_string()))?;
        let opened = match &self.0 {
            Kind::Kms { client, .. } => client
                .decrypt()
                .encryption_context("tenant", tenant)
                .ciphertext_blob(Blob::new(sealed))
                .send()
                .await
                .map_err(|error| SealError(DisplayErrorContext(error).to_string()))?
                .plaintext
                .map(Blob::into_inner)
                .unwrap_or_default(),
            Kind::Local(LocalKey(key)) => {
                let mismatch =
                    || SealError("the value was encrypted with another key or for another tenant".to_owned());
                let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(mismatch)?;
                let nonce = Nonce::try_from(nonce).map_err(|_| mismatch())?;
                let payload = Payload { msg: sealed, aad: tenant.as_bytes() };
                Aes256Gcm::new(key).decrypt(&nonce, payload).map_err(|_| mismatch())?
            }
        };
        String::from_utf8(opened).map_err(|_| SealError("the plaintext is not UTF-8".to_owned()))
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
}
