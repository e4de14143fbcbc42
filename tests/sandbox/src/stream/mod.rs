//! Emulation of Lambda's event source mapping for the table's stream, with any engine that has streams. It delivers the
//! records, in order for each partition key, until the function has processed them or they are sent to the dead-letter
//! queue.
//!
//! Delivery is at least once. The partition key assigns a record to one of [`LANES`] lanes. A lane processes one batch
//! at a time, and no lane waits for another, as with a `ParallelizationFactor` of 4. Not emulated: the function's
//! time-out, and a persistent checkpoint. A new process reads the whole stream.

mod lane;
mod reader;
mod record;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use self::reader::Reader;
use crate::clock::SandboxClock;
use crate::sqs::Queues;

/// Number of batches processed concurrently.
pub const LANES: usize = 4;
/// Time limit of [`Mapping::drained`].
const PATIENCE: Duration = Duration::from_secs(30);

/// The function. It takes Lambda's event and returns Lambda's partial batch response or an error.
pub type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value, String>> + Send + Sync>;

/// The mapping's settings, named as in the template.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Filter on sort keys. If empty, all records are delivered.
    pub filter: Vec<SortKey>,
    /// Maximum number of records in a batch.
    pub batch_size: usize,
    /// Maximum number of retries of a batch.
    pub maximum_retry_attempts: u32,
    /// Maximum age of a record, counted from its first read, by the stack's clock. (The engine's clock is not advanced
    /// by tests: by its timestamps, a record would be too old as soon as a test advances the clock by days.)
    pub maximum_record_age: SignedDuration,
    /// Splits a batch in two after an error of the function.
    pub bisect: bool,
    /// The dead-letter queue.
    pub dead_letters: String,
    /// The function's name.
    pub function: String,
}

/// A pattern of the event filter for `dynamodb.Keys.sk.S`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Exactly this key.
    Equal(String),
    /// Keys that begin with this.
    Prefix(String),
}

/// A running mapping. Clones share it. It stops when the last clone is dropped.
#[derive(Clone)]
pub struct Mapping {
    inner: Arc<Inner>,
}

struct Inner {
    commands: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
}

/// A command to the reader: read everything that is in the stream now, from the trim horizon if `again`, and
/// acknowledge for each lane when it has processed it.
struct Command {
    again: bool,
    reached: mpsc::UnboundedSender<()>,
}

impl Mapping {
    /// Starts to read the stream of `table` from its trim horizon. If the engine has no stream, it logs a warning and
    /// delivers nothing. The stream is read after each change of `writes`, or regularly if that is `None`.
    pub fn start(
        settings: Settings,
        sdk: &SdkConfig,
        table: impl Into<String>,
        queues: Queues,
        clock: SandboxClock,
        handler: Handler,
        writes: Option<watch::Receiver<()>>,
    ) -> Self {
        let (commands, asked) = mpsc::unbounded_channel();
        let function = lane::Function { settings, queues, clock, handler };
        let reader = Reader::new(sdk, table.into(), function, asked, writes);
        Self { inner: Arc::new(Inner { commands, task: tokio::spawn(reader.run()) }) }
    }

    /// Waits until every record that is in the stream now is processed or sent to the dead-letter queue. Returns
    /// `false` after 30 s, or if there is no stream.
    pub async fn drained(&self) -> bool {
        self.command(false).await
    }

    /// Delivers all records of the stream again, as a duplicate delivery does, and waits as [`drained`](Self::drained)
    /// does.
    pub async fn replay(&self) -> bool {
        self.command(true).await
    }

    async fn command(&self, again: bool) -> bool {
        let (reached, mut lanes) = mpsc::unbounded_channel();
        let all = async {
            self.inner.commands.send(Command { again, reached }).is_ok() && {
                let mut count = 0;
                while lanes.recv().await.is_some() {
                    count += 1;
                }
                count == LANES
            }
        };
        tokio::time::timeout(PATIENCE, all).await.unwrap_or(false)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Settings {
    fn accepts(&self, sort: &str) -> bool {
        self.filter.is_empty()
            || self.filter.iter().any(|pattern| match pattern {
                SortKey::Equal(key) => sort == key,
                SortKey::Prefix(prefix) => sort.starts_with(prefix),
            })
    }
}
