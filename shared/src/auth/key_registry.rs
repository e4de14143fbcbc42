//! Registered ids and keys: a JSON map from id to key in Secrets Manager.
//!
//! The secret is cached. An unknown id or key refreshes the cache, so that neither a new registration nor a new key
//! needs a deployment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::error::DisplayErrorContext;
use secrecy::SecretString;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// Lifetime of the cache. A key that is removed from the secret is rejected after this time at the latest.
pub const CACHE_TTL: Duration = Duration::from_mins(5);

/// Minimum time between two refreshes for unknown ids or keys. It keeps callers with invented ids from causing a read
/// of the secret with each request.
pub const MIN_REFRESH_INTERVAL: Duration = Duration::from_secs(10);

/// Keys by id.
pub type Keys = HashMap<Uuid, SecretString>;

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

    /// Returns a fixed set of keys, for the local stack and for tests.
    pub fn from_keys(keys: impl IntoIterator<Item = (Uuid, SecretString)>) -> Self {
        Self { source: Source::Fixed(Arc::new(keys.into_iter().collect())), cache: Mutex::default() }
    }

    /// Returns the keys. They are read again if the cache is older than `age`.
    ///
    /// # Errors
    /// [`ErrorCode::StoreUnavailable`] if the secret cannot be read.
    pub async fn keys(&self, age: Duration) -> Result<Arc<Keys>, ServiceError> {
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
    // The parser's error is dropped, because it quotes the secret.
    serde_json::from_str::<HashMap<Uuid, String>>(response.secret_string().unwrap_or_default())
        .map(|keys| keys.into_iter().map(|(id, key)| (id, key.into())).collect())
        .map_err(|_| unavailable(format!("the secret {id} is not a JSON map from id to key")))
}
