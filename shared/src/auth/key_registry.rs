//! Registered ids and keys: a JSON map from id to key in Secrets Manager. An id can have two keys, so that a key is replaced
//! without refusing a caller that still has the old one. An id can replace another one, whose records it then has.
//!
//! The secret is cached. An unknown id or key refreshes the cache, so that neither a new registration nor a new key
//! needs a deployment.
//!
//! An entry that cannot be used refuses its own caller only: none of its keys is accepted.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::error::DisplayErrorContext;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;
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
struct Keys {
    by_id: HashMap<Uuid, Registered>,
    /// Ids whose entry cannot be used. They have no key.
    malformed: BTreeSet<Uuid>,
    /// Number of entries whose id is no GUID. Their text is not kept: it may be a key in the wrong place.
    without_id: usize,
}

/// An id's entry.
#[derive(Debug, Default)]
struct Registered {
    keys: Vec<SecretString>,
    /// The id that this one replaces.
    replaces: Option<Uuid>,
}

/// An id's entry, as the secret has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Keys(OneOrSeveral),
    Replacement(Replacement),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrSeveral {
    One(SecretString),
    Several(Vec<SecretString>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replacement {
    key: OneOrSeveral,
    replaces: Uuid,
}

impl Entry {
    /// Returns the entry, or `None` if it cannot be used.
    fn registered(self) -> Option<Registered> {
        let (keys, replaces) = match self {
            Self::Keys(keys) => (keys, None),
            Self::Replacement(Replacement { key, replaces }) => (key, Some(replaces)),
            Self::Other(_) => return None,
        };
        let keys = match keys {
            OneOrSeveral::One(key) => vec![key],
            OneOrSeveral::Several(keys) => keys,
        };
        (keys.len() <= MAX_KEYS).then_some(Registered { keys, replaces })
    }
}

/// A key that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedKey {
    /// The caller's id, or the id that it replaces.
    pub id: Uuid,
    /// The number of the key among the caller's own, from 1.
    pub number: usize,
}

impl Keys {
    /// Parses a secret: a JSON map from GUID to a key, to a list of at most [`MAX_KEYS`] keys, or to an object with such a `key`
    /// and the id that it `replaces`. An entry of another form, and an id that is written twice in different ways, has no key.
    /// Returns `None` for a text that is no JSON map; the parser's error is dropped, because it quotes the secret.
    fn parse(secret: &str) -> Option<Self> {
        let entries: HashMap<String, Entry> = serde_json::from_str(secret).ok()?;
        let mut keys = Self::default();
        for (id, entry) in entries {
            let Ok(id) = id.parse() else {
                keys.without_id += 1;
                continue;
            };
            let registered = entry.registered();
            if registered.is_none() || keys.by_id.contains_key(&id) {
                keys.malformed.insert(id);
            }
            keys.by_id.insert(id, registered.unwrap_or_default());
        }
        for id in &keys.malformed {
            keys.by_id.remove(id);
        }
        Some(keys)
    }

    /// Logs and counts the entries that cannot be used, so that a person corrects them. `secret` is the name of the secret.
    fn report_malformed(&self, secret: &str) {
        let entries = self.malformed.len() + self.without_id;
        if entries == 0 {
            return;
        }
        metrics::counter!("KeysMalformed").increment(entries.try_into().unwrap_or(u64::MAX));
        let ids: Vec<_> = self.malformed.iter().map(Uuid::to_string).collect();
        tracing::error!(secret, ids = ids.join(" "), without_id = self.without_id, "malformed entries of a secret");
    }

    /// Returns the first key of `id` that `is_key` accepts. `is_key` is called [`MAX_KEYS`] times, whatever is registered, so
    /// that an unknown id takes as long as a wrong key. An empty key never counts.
    fn find(&self, id: Uuid, is_key: impl Fn(&str) -> bool) -> Option<AcceptedKey> {
        let registered = self.by_id.get(&id);
        let number = (0..MAX_KEYS).fold(None, |found, index| {
            let key = registered.and_then(|of| of.keys.get(index)).map_or("", ExposeSecret::expose_secret);
            let matches = is_key(key) && !key.is_empty();
            found.or(matches.then_some(index + 1))
        })?;
        Some(AcceptedKey { id: registered.and_then(|of| of.replaces).unwrap_or(id), number })
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
            registered.by_id.entry(id).or_default().keys.push(key);
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

    /// Returns the key of `id` that `is_key` accepts, or `None` if it accepts none. `is_key` must take as long for a wrong key
    /// as for the right one.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`] if the secret cannot be read.
    pub async fn find(&self, id: Uuid, is_key: impl Fn(&str) -> bool) -> Result<Option<AcceptedKey>, ServiceError> {
        if let Some(accepted) = self.keys(CACHE_TTL).await?.find(id, &is_key) {
            return Ok(Some(accepted));
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
    let keys = Keys::parse(secret).ok_or_else(|| {
        unavailable(format!(
            "the secret {id} is not a JSON map from id to a key or to a list of at most {MAX_KEYS} keys"
        ))
    })?;
    keys.report_malformed(id);
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "B1A7C0DE-0000-4000-8000-000000000001";

    fn find(secret: &str, key: &str) -> Option<usize> {
        let id: Uuid = ID.parse().unwrap();
        let accepted = Keys::parse(secret).unwrap().find(id, |registered| registered == key)?;
        assert_eq!(accepted.id, id);
        Some(accepted.number)
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
    fn an_id_that_replaces_another_has_its_own_keys_and_the_others_id() {
        let (new, old) = (Uuid::from_u128(7), ID.parse().unwrap());
        let secret = format!(r#"{{"{ID}": "old key", "{new}": {{"key": ["a", "b"], "replaces": "{ID}"}}}}"#);
        let keys = Keys::parse(&secret).unwrap();
        let find = |id, key: &str| keys.find(id, |registered| registered == key);
        assert_eq!(find(new, "a"), Some(AcceptedKey { id: old, number: 1 }));
        assert_eq!(find(new, "b"), Some(AcceptedKey { id: old, number: 2 }));
        assert_eq!(find(old, "old key"), Some(AcceptedKey { id: old, number: 1 }));
        assert_eq!((find(new, "old key"), find(old, "a")), (None, None));
    }

    #[test]
    fn a_malformed_entry_refuses_its_own_caller_only() {
        let other = Uuid::from_u128(7);
        let malformed = [
            "7",
            "null",
            r#"{"key": "a"}"#,
            r#"{"key": "a", "replaces": "a"}"#,
            r#"{"key": "a", "replaces": null}"#,
            r#"{"key": ["a", "b", "c"], "replaces": "b1a7c0de-0000-4000-8000-000000000003"}"#,
            r#"{"key": "a", "replaces": "b1a7c0de-0000-4000-8000-000000000003", "until": "2027"}"#,
            r#"["a", "b", "c"]"#,
            r#"["a", 7]"#,
            r#"["a", ["b"]]"#,
            // The same id, written in two ways: which of the keys is meant is not known.
            &format!(r#""a", "{}": "b""#, ID.to_lowercase()),
            &format!(r#""a", "{{{ID}}}": "a", "urn:uuid:{ID}": "a""#),
        ];
        for entry in malformed {
            let keys = Keys::parse(&format!(r#"{{"{ID}": {entry}, "{other}": ["new", "old"]}}"#)).unwrap();
            for key in ["a", "b", "c", "7", ""] {
                assert_eq!(keys.find(ID.parse().unwrap(), |registered| registered == key), None, "{entry}: {key}");
            }
            let accepted = AcceptedKey { id: other, number: 2 };
            assert_eq!(keys.find(other, |registered| registered == "old"), Some(accepted), "{entry}");
            let id = ID.parse().unwrap();
            assert_eq!((keys.malformed.iter().copied().collect(), keys.without_id), (vec![id], 0), "{entry}");
        }
        let keys = Keys::parse(&format!(r#"{{"a key in the wrong place": "{ID}", "{other}": "key"}}"#)).unwrap();
        let accepted = AcceptedKey { id: other, number: 1 };
        assert_eq!(keys.find(other, |registered| registered == "key"), Some(accepted));
        assert_eq!((keys.malformed.len(), keys.without_id), (0, 1));
        assert!(!format!("{keys:?}").contains("wrong place"), "{keys:?}");
    }

    #[test]
    fn a_text_that_is_no_map_is_refused() {
        for secret in ["", "key", "[]", "7", "null", r#"{"a": "b""#] {
            assert!(Keys::parse(secret).is_none(), "{secret}");
        }
        assert!(!format!("{:?}", Keys::parse(&format!(r#"{{"{ID}": "key"}}"#))).contains("\"key\""));
    }
}
