//! What Lambda's event source mapping does with the table's stream, for whatever engine serves one: it delivers the
//! records, in order for each partition key, until the function has taken them or they are given up.
//!
//! A record is delivered at least once. It belongs to one of [`LANES`] lanes by its partition key; a lane works on one
//! batch at a time, and no lane waits for another, as with a `ParallelizationFactor` of 4. Not emulated: the function's
//! time-out, and a checkpoint that outlives the process. Who starts anew reads the whole stream.

mod lane;
mod reader;
mod record;

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use futures::future::BoxFuture;
use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use self::reader::Reader;
use crate::clock::SandboxClock;
use crate::sqs::Queues;

/// How many batches are under way at once.
pub const LANES: usize = 4;
/// How long [`Mapping::settled`] waits.
const PATIENCE: Duration = Duration::from_secs(30);

/// The function: Lambda's event in, Lambda's partial batch response or an error out.
pub type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, Result<Value, String>> + Send + Sync>;

/// The mapping's settings, named as in the template.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The sort keys whose records are delivered; if it is empty, all of them.
    pub filter: Vec<SortKey>,
    /// The most records that are delivered at once.
    pub batch_size: usize,
    /// How often a batch is delivered again.
    pub maximum_retry_attempts: u32,
    /// How long after it was first read a record is still delivered, by the stack's clock. (The engine knows another
    /// time, so that a record would be old as soon as a test has let days pass.)
    pub maximum_record_age: SignedDuration,
    /// Whether a batch that ended in an error is split in two.
    pub bisect: bool,
    /// The queue that is told of the records that were given up.
    pub dead_letters: String,
    /// The function's name.
    pub function: String,
}

/// A pattern of the event filter for `dynamodb.Keys.sk.S`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// This one.
    Equal(String),
    /// All that begin with this.
    Prefix(String),
}

/// A running mapping. Clones share it; it stops when the last one is dropped.
#[derive(Clone)]
pub struct Mapping {
    inner: Arc<Inner>,
}

struct Inner {
    commands: mpsc::UnboundedSender<Command>,
    task: JoinHandle<()>,
}

/// What the reader is asked for: to read all that there is now, from the trim horizon if `again`, and then to have every
/// lane tell when it has come that far.
struct Command {
    again: bool,
    reached: mpsc::UnboundedSender<()>,
}

impl Mapping {
    /// Starts to read the stream of `table` from its trim horizon. An engine that has none is warned of in the log, and
    /// nothing is delivered.
    pub fn start(
        settings: Settings,
        sdk: &SdkConfig,
        table: impl Into<String>,
        queues: Queues,
        clock: SandboxClock,
        handler: Handler,
    ) -> Self {
        let (commands, asked) = mpsc::unbounded_channel();
        let function = lane::Function { settings, queues, clock, handler };
        let reader = Reader::new(sdk, table.into(), function, asked);
        Self { inner: Arc::new(Inner { commands, task: tokio::spawn(reader.run()) }) }
    }

    /// Waits until every record that is in the stream now is done or given up. False if that takes more than 30 s, or if
    /// there is no stream.
    pub async fn settled(&self) -> bool {
        self.command(false).await
    }

    /// Delivers everything in the stream again, as a duplicate delivery would, and waits until it is
    /// [`settled`](Self::settled).
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
