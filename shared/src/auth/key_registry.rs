//! Registered ids and keys: a JSON map from id to key in Secrets Manager. An id can have two keys, so that a key is replaced
//! without refusing a caller that still has the old one.
//!
//! The secret is cached. An unknown id or key refreshes the cache, so that neither a new registration nor a new key
//! needs a deployment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::error::DisplayErrorContext;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// Lifetime of the cache. A key that is removed from the secret is rejected after this time at the latest.
const CACHE_TTL: Duration = Duration::from_mins(5);

/// Minimum time between two refreshes for unknown ids or keys. It keeps callers with invented ids from causing a read
/// of the secret with each request.
const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(10);

/// Maximum number of keys of an id: the new one and the old one.
const MAX_KEYS: usize = 2;

/// Registered keys, by id.
#[derive(Debug, Default)]
struct Keys(HashMap<Uuid, Vec<SecretString>>);

/// The keys of an id, as the secret has them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    One(SecretString),
    Several(Vec<SecretString>),
}

impl Keys {
    /// Parses a secret: a JSON map from GUID to a key, or to a list of at most [`MAX_KEYS`] keys. Returns `None` for any other
    /// text; the parser's error is dropped, because it quotes the secret.
    fn parse(secret: &str) -> Option<Self> {
        let entries: HashMap<Uuid, Entry> = serde_json::from_str(secret).ok()?;
        let keys = entries.into_iter().map(|(id, entry)| match entry {
            Entry::One(key) => Some((id, vec![key])),
            Entry::Several(keys) => (keys.len() <= MAX_KEYS).then_some((id, keys)),
        });
        keys.collect::<Option<_>>().map(Self)
    }

    /// Returns the number of the first key of `id` that `is_key` accepts, from 1. `is_key` is called [`MAX_KEYS`] times,
    /// whatever is registered, so that an unknown id takes as long as a wrong key. An empty key never counts.
    fn find(&self, id: Uuid, is_key: impl Fn(&str) -> bool) -> Option<usize> {
        let registered = self.0.get(&id);
        (0..MAX_KEYS).fold(None, |found, index| {
            let key = registered.and_then(|keys| keys.get(index)).map_or("", ExposeSecret::expose_secret);
            let matches = is_key(key) && !key.is_empty();
            found.or(matches.then_some(index + 1))
        })
    }
}

/// The registered callers.
#[derive(Debug)]
pub struct KeyRegistry {
    source: Source,
    cache: Mutex<Option<(Instant, Arc<Keys>)>>,
}

#[derive(Debug)]
enum Source {
    Secret { client: Box<aws_sdk_secretsmanager::Client>, id: String },
    Fixed(Arc<Keys>),
}

impl KeyRegistry {
    /// Reads the keys from the secret with the ARN or name `id`.
    pub fn from_secret(aws: &aws_config::SdkConfig, id: String) -> Self {
        let client = Box::new(aws_sdk_secretsmanager::Client::new(aws));
        Self { source: Source::Secret { client, id }, cache: Mutex::default() }
    }

    /// Returns a fixed set of keys, for the local stack and for tests. An id that occurs twice has two keys.
    pub fn from_keys(keys: impl IntoIterator<Item = (Uuid, SecretString)>) -> Self {
        let mut registered = Keys::default();
        for (id, key) in keys {
            registered.0.entry(id).or_default().push(key);
        }
        Self { source: Source::Fixed(Arc::new(registered)), cache: Mutex::default() }
    }

    /// Reads the keys before the first request needs them.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`] if the secret cannot be read.
    pub async fn warm(&self) -> Result<(), ServiceError> {
        self.keys(CACHE_TTL).await.map(drop)
    }

    /// Returns the number of the key of `id` that `is_key` accepts, from 1, or `None` if it accepts none. `is_key` must take as
    /// long for a wrong key as for the right one.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`] if the secret cannot be read.
    pub async fn find(&self, id: Uuid, is_key: impl Fn(&str) -> bool) -> Result<Option<usize>, ServiceError> {
        if let Some(number) = self.keys(CACHE_TTL).await?.find(id, &is_key) {
            return Ok(Some(number));
        }
        // The id may have been registered, or its keys changed, since the secret was read.
        Ok(self.keys(MIN_REFRESH_INTERVAL).await?.find(id, &is_key))
    }

    /// Returns the keys. They are read again if the cache is older than `age`.
    async fn keys(&self, age: Duration) -> Result<Arc<Keys>, ServiceError> {
        let (client, secret) = match &self.source {
            Source::Fixed(keys) => return Ok(Arc::clone(keys)),
            Source::Secret { client, id } => (client, id),
        };
        let mut cache = self.cache.lock().await;
        if let Some((_, keys)) = cache.as_ref().filter(|(read, _)| read.elapsed() < age) {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(read(client, secret).await?);
        *cache = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }
}

async fn read(client: &aws_sdk_secretsmanager::Client, id: &str) -> Result<Keys, ServiceError> {
    let unavailable = |reason: String| {
        ServiceError::new(
            ErrorCode::StoreUnavailable,
            "The secret with the registered keys could not be read. Try again.",
        )
        .with_internal(reason)
    };
    let response = client
        .get_secret_value()
        .secret_id(id)
        .send()
        .await
        .map_err(|error| unavailable(DisplayErrorContext(error).to_string()))?;
    let secret = response.secret_string().unwrap_or_default();
    Keys::parse(secret).ok_or_else(|| {
        unavailable(format!(
            "the secret {id} is not a JSON map from id to a key or to a list of at most {MAX_KEYS} keys"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "B1A7C0DE-0000-4000-8000-000000000001";

    fn find(secret: &str, key: &str) -> Option<usize> {
        Keys::parse(secret).unwrap().find(ID.parse().unwrap(), |registered| registered == key)
    }

    #[test]
    fn one_key_or_two_are_accepted() {
        let one = format!(r#"{{"{ID}": "old"}}"#);
        let two = format!(r#"{{"{ID}": ["new", "old"], "{}": "other"}}"#, Uuid::nil());
        assert_eq!((find(&one, "old"), find(&one, "new")), (Some(1), None));
        assert_eq!((find(&two, "new"), find(&two, "old"), find(&two, "other")), (Some(1), Some(2), None));
        for empty in [format!(r#"{{"{ID}": ""}}"#), format!(r#"{{"{ID}": []}}"#), "{}".to_owned()] {
            assert_eq!(find(&empty, ""), None, "{empty}");
        }
    }

    #[test]
    fn every_id_is_compared_as_often() {
        for secret in ["{}".to_owned(), format!(r#"{{"{ID}": "a"}}"#), format!(r#"{{"{ID}": ["a", "b"]}}"#)] {
            let calls = std::cell::Cell::new(0);
            Keys::parse(&secret).unwrap().find(ID.parse().unwrap(), |_| {
                calls.set(calls.get() + 1);
                true
            });
            assert_eq!(calls.get(), MAX_KEYS, "{secret}");
        }
    }

    #[test]
    fn another_secret_is_refused() {
        for secret in [
            "",
            "key",
            "[]",
            r#"{"app": "key"}"#,
            &format!(r#"{{"{ID}": 7}}"#),
            &format!(r#"{{"{ID}": ["a", "b", "c"]}}"#),
        ] {
            assert!(Keys::parse(secret).is_none(), "{secret}");
        }
        assert!(!format!("{:?}", Keys::parse(&format!(r#"{{"{ID}": "key"}}"#))).contains("\"key\""));
    }
}
