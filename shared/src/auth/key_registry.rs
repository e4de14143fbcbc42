//! Ids and keys that were registered, in Secrets Manager: a JSON map from id to key.
//!
//! It is read and kept for a while; an id or a key that is not in it makes it be read again, so that neither a new
//! registration nor a new key needs a deployment.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::error::DisplayErrorContext;
use secrecy::SecretString;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::domain::error::ServiceError;
use crate::domain::error_code::ErrorCode;

/// A key that was taken out of the secret lets nobody in for longer than this.
pub const KEPT: Duration = Duration::from_mins(5);

/// Callers with ids out of thin air must not make us read the secret each time.
pub const REREAD_EVERY: Duration = Duration::from_secs(10);

/// Keys by id.
pub type Keys = HashMap<Uuid, SecretString>;

/// Those that may call.
#[derive(Debug)]
pub struct Registered {
    source: Source,
    known: Mutex<Option<(Instant, Arc<Keys>)>>,
}

#[derive(Debug)]
enum Source {
    Secret { client: Box<aws_sdk_secretsmanager::Client>, id: String },
    Fixed(Arc<Keys>),
}

impl Registered {
    /// Those in the secret `id`, its ARN or name.
    pub fn in_secret(aws: &aws_config::SdkConfig, id: String) -> Self {
        let client = Box::new(aws_sdk_secretsmanager::Client::new(aws));
        Self { source: Source::Secret { client, id }, known: Mutex::default() }
    }

    /// Just these: for the local stack and for tests.
    pub fn fixed(keys: impl IntoIterator<Item = (Uuid, SecretString)>) -> Self {
        Self { source: Source::Fixed(Arc::new(keys.into_iter().collect())), known: Mutex::default() }
    }

    /// The keys, as they were at most `age` ago.
    ///
    /// # Errors
    /// [`Code::StoreUnavailable`].
    pub async fn keys(&self, age: Duration) -> Result<Arc<Keys>, ServiceError> {
        let (client, secret) = match &self.source {
            Source::Fixed(keys) => return Ok(Arc::clone(keys)),
            Source::Secret { client, id } => (client, id),
        };
        let mut known = self.known.lock().await;
        if let Some((_, keys)) = known.as_ref().filter(|(read, _)| read.elapsed() < age) {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(read(client, secret).await?);
        *known = Some((Instant::now(), Arc::clone(&keys)));
        Ok(keys)
    }
}

async fn read(client: &aws_sdk_secretsmanager::Client, id: &str) -> Result<Keys, ServiceError> {
    let unavailable = |why: String| {
        ServiceError::new(ErrorCode::StoreUnavailable, "Who is registered could not be read. Try again.").with_internal(why)
    };
    let answer = client
        .get_secret_value()
        .secret_id(id)
        .send()
        .await
        .map_err(|error| unavailable(DisplayErrorContext(error).to_string()))?;
    // The parser's error would quote the secret.
    serde_json::from_str::<HashMap<Uuid, String>>(answer.secret_string().unwrap_or_default())
        .map(|keys| keys.into_iter().map(|(id, key)| (id, key.into())).collect())
        .map_err(|_| unavailable(format!("the secret {id} is not a JSON map from id to key")))
}
