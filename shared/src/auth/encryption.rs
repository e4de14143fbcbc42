//! Encryption of what is kept in the table and must not stand there in clear: by KMS, with the tenant as encryption context, so
//! that what was sealed for one tenant can't be opened as another's; on a developer's machine by a key of its own.

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

/// The length of a nonce, in bytes.
const NONCE: usize = 12;

/// What can't be sealed or opened. Its text holds no secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("sealing: {0}")]
pub struct SealError(String);

/// Seals and opens. At most 4,096 bytes, which is what KMS takes.
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
    /// By the KMS key that `SEAL_KEY_ID` names (its ARN). Functions that keep nothing secret need none.
    pub fn from_env(aws: &aws_config::SdkConfig) -> Self {
        let client = Box::new(aws_sdk_kms::Client::new(aws));
        Self(Kind::Kms { client, key: config::optional("SEAL_KEY_ID") })
    }

    /// By the key in the file `file`, which is made if it is not there; without one by a key of this process.
    pub fn local(file: Option<&Path>) -> std::io::Result<Self> {
        let kept = file.filter(|file| file.exists()).map(std::fs::read).transpose()?;
        let key = match kept {
            Some(bytes) => Key::<Aes256Gcm>::try_from(bytes.as_slice()).map_err(std::io::Error::other)?,
            None => Key::<Aes256Gcm>::generate(),
        };
        if let Some(file) = file {
            let mut private = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
            private.write_all(key.as_slice())?;
        }
        Ok(Self(Kind::Local(LocalKey(key))))
    }

    /// Seals `text` for `tenant`.
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

    /// Opens what was sealed for `tenant`.
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
                let wrong = || SealError("sealed by another key or for another tenant".to_owned());
                let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(wrong)?;
                let nonce = Nonce::try_from(nonce).map_err(|_| wrong())?;
                let payload = Payload { msg: sealed, aad: tenant.as_bytes() };
                Aes256Gcm::new(key).decrypt(&nonce, payload).map_err(|_| wrong())?
            }
        };
        String::from_utf8(opened).map_err(|_| SealError("no text".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_seal_is_for_one_tenant() {
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
