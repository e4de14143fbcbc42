//! Reads the shards of the stream and distributes their records to the lanes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::DisplayErrorContext;
use aws_sdk_dynamodbstreams::types::{Shard as Described, ShardIteratorType};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::lane::{Entry, Function, Lane};
use super::record::Record;
use super::{Command, LANES};

/// Pause between two reads of a stream without new records, if the engine does not tell of writes. As Lambda does.
const POLL: Duration = Duration::from_millis(250);
/// Pause after a failed call.
const RECOVERY: Duration = Duration::from_secs(1);
/// Interval of listing the shards, unless one has ended.
const LISTED: Duration = Duration::from_secs(5);

pub(super) struct Reader {
    tables: aws_sdk_dynamodb::Client,
    streams: Client,
    table: String,
    function: Arc<Function>,
    asked: mpsc::UnboundedReceiver<Command>,
    writes: Option<watch::Receiver<()>>,
    /// Commands that wait for the end of a pass.
    waiting: Vec<Command>,
    shards: Vec<Shard>,
    listed: Option<Instant>,
}

struct Shard {
    id: Arc<str>,
    parent: Option<String>,
    iterator: Option<String>,
    /// The sequence number of the last record read.
    last: Option<String>,
    ended: bool,
}

impl Reader {
    pub(super) fn new(
        sdk: &SdkConfig,
        table: String,
        function: Function,
        asked: mpsc::UnboundedReceiver<Command>,
        writes: Option<watch::Receiver<()>>,
    ) -> Self {
        Self {
            tables: aws_sdk_dynamodb::Client::new(sdk),
            streams: Client::new(sdk),
            table,
            function: Arc::new(function),
            asked,
            writes,
            waiting: Vec::new(),
            shards: Vec::new(),
            listed: None,
        }
    }

    /// Reads until the mapping is dropped. The lanes end with it.
    pub(super) async fn run(mut self) {
        let Some(stream) = self.find().await else {
            tracing::warn!(table = self.table, "the engine has no stream for this table: nothing is delivered");
            return;
        };
        let mut running = JoinSet::new();
        let lanes: Vec<_> = (0..LANES)
            .map(|_| {
                let (entries, received) = mpsc::unbounded_channel();
                running.spawn(Lane::new(Arc::clone(&self.function), stream.clone(), received).work());
                entries
            })
            .collect();
        let mut failing = false;
        loop {
            while let Ok(command) = self.asked.try_recv() {
                self.take(command);
            }
            if let Some(writes) = &mut self.writes {
                // Before the read, so that a write during it leads to another.
                writes.mark_unchanged();
            }
            let pause = match self.pass(&stream, &lanes).await {
                Ok(()) => {
                    for Command { reached, .. } in self.waiting.drain(..) {
                        for lane in &lanes {
                            hand(lane, Entry::Mark(reached.clone()));
                        }
                    }
                    failing = false;
                    if self.writes.is_some() { LISTED } else { POLL }
                }
                Err(error) => {
                    self.listed = None;
                    if !failing {
                        tracing::warn!(stream, error, "the stream cannot be read");
                    }
                    failing = true;
                    RECOVERY
                }
            };
            tokio::select! {
                () = sleep(pause) => {}
                () = written(self.writes.as_mut(), failing) => {}
                Some(command) = self.asked.recv() => self.take(command),
            }
        }
    }

    fn take(&mut self, command: Command) {
        if command.again {
            self.shards.clear();
        }
        self.listed = None;
        self.waiting.push(command);
    }

    /// Returns the ARN of the table's stream, or `None` if it has none.
    async fn find(&self) -> Option<String> {
        let mut failing = false;
        loop {
            match self.tables.describe_table().table_name(&self.table).send().await {
                Ok(described) => return described.table?.latest_stream_arn,
                Err(error) if !failing => {
                    tracing::warn!(table = self.table, error = %DisplayErrorContext(error), "the table cannot be read");
                    failing = true;
                }
                Err(_) => {}
            }
            sleep(RECOVERY).await;
        }
    }

    /// Reads all available records, child shards after their parents.
    async fn pass(&mut self, stream: &str, lanes: &[mpsc::UnboundedSender<Entry>]) -> Result<(), String> {
        loop {
            if self.listed.is_none_or(|at| at.elapsed() > LISTED) {
                self.list(stream).await?;
            }
            let unfinished: BTreeSet<_> = self.shards.iter().filter(|shard| !shard.ended).map(Shard::name).collect();
            let mut moved = false;
            for shard in &mut self.shards {
                let waits = shard.parent.as_ref().is_some_and(|parent| unfinished.contains(parent));
                if shard.ended || waits {
                    continue;
                }
                moved |= shard.read(&self.streams, stream, &self.function, lanes).await?;
                if shard.ended {
                    self.listed = None;
                }
            }
            if !moved {
                return Ok(());
            }
        }
    }

    /// Adds new shards and removes those that no longer exist.
    async fn list(&mut self, stream: &str) -> Result<(), String> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let page = self.streams.describe_stream().stream_arn(stream).set_exclusive_start_shard_id(start).send();
            let Some(page) = page.await.map_err(error_text)?.stream_description else { break };
            found.extend(page.shards.unwrap_or_default().into_iter().filter_map(Shard::new));
            start = page.last_evaluated_shard_id;
            if start.is_none() {
                break;
            }
        }
        let mut known: BTreeMap<_, _> = self.shards.drain(..).map(|shard| (Arc::clone(&shard.id), shard)).collect();
        self.shards = found.into_iter().map(|shard| known.remove(&shard.id).unwrap_or(shard)).collect();
        self.listed = Some(Instant::now());
        Ok(())
    }
}

impl Shard {
    fn new(described: Described) -> Option<Self> {
        let id = described.shard_id?.into();
        Some(Self { id, parent: described.parent_shard_id, iterator: None, last: None, ended: false })
    }

    fn name(&self) -> String {
        self.id.to_string()
    }

    /// Reads once. Returns `true` if there were records or the shard ended.
    async fn read(
        &mut self,
        streams: &Client,
        stream: &str,
        function: &Function,
        lanes: &[mpsc::UnboundedSender<Entry>],
    ) -> Result<bool, String> {
        let iterator = match self.iterator.take() {
            Some(iterator) => Some(iterator),
            None => self.position(streams, stream).await?,
        };
        // Taken out of the shard, so that an error leads to a new iterator.
        let page = streams.get_records().set_shard_iterator(iterator).send().await.map_err(error_text)?;
        self.iterator = page.next_shard_iterator;
        self.ended = self.iterator.is_none();
        let read = page.records.unwrap_or_default();
        let arrived = function.clock.now();
        let mut sorted: BTreeMap<usize, Vec<Record>> = BTreeMap::new();
        for record in read.iter().filter_map(|record| Record::new(record, stream, &self.id, arrived)) {
            self.last = Some(record.sequence_number.clone());
            if function.settings.accepts(&record.sort) {
                sorted.entry(record.lane()).or_default().push(record);
            }
        }
        for (lane, records) in sorted {
            if let Some(lane) = lanes.get(lane) {
                hand(lane, Entry::Records(records));
            }
        }
        Ok(self.ended || !read.is_empty())
    }

    async fn position(&self, streams: &Client, stream: &str) -> Result<Option<String>, String> {
        let kind = match self.last {
            Some(_) => ShardIteratorType::AfterSequenceNumber,
            None => ShardIteratorType::TrimHorizon,
        };
        let asked = streams.get_shard_iterator().stream_arn(stream).shard_id(&*self.id).shard_iterator_type(kind);
        Ok(asked.set_sequence_number(self.last.clone()).send().await.map_err(error_text)?.shard_iterator)
    }
}

/// Waits for a write, or forever if the engine does not tell or is failing.
async fn written(writes: Option<&mut watch::Receiver<()>>, failing: bool) {
    if let Some(writes) = writes.filter(|_| !failing)
        && writes.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

fn hand(lane: &mpsc::UnboundedSender<Entry>, entry: Entry) {
    // Cannot fail: a lane lives as long as the reader.
    let _ = lane.send(entry);
}

fn error_text(error: impl std::error::Error) -> String {
    DisplayErrorContext(error).to_string()
}
