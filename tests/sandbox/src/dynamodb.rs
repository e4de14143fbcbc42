//! The `DynamoDB` engine (dynoxide) and, in front of it, a forwarder that applies fault rules.
//!
//! The engine runs on a separate thread and runtime, because its calls block.

mod validation;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use dynoxide::actions::delete_item::DeleteItemRequest;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::describe_table::DescribeTableRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_tables::ListTablesRequest;
use dynoxide::actions::put_item::PutItemRequest;
use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue, Database, DynoxideError};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use crate::faults::Faults;

/// Operations that write nothing.
const READS: [&str; 9] = [
    "BatchGetItem",
    "DescribeStream",
    "DescribeTable",
    "GetItem",
    "GetRecords",
    "GetShardIterator",
    "ListTables",
    "Query",
    "Scan",
];

/// An item with sorted attributes.
pub type OrderedItem = BTreeMap<String, AttributeValue>;

/// The items of each table, sorted by key.
pub type Tables = BTreeMap<String, Vec<OrderedItem>>;

/// A running engine. Clones share it. It stops when the last clone is dropped.
#[derive(Clone)]
pub struct DynamoDb {
    inner: Arc<Inner>,
    faults: Faults,
}

struct Inner {
    database: Database,
    engine: SocketAddr,
    client: reqwest::Client,
    operations: Mutex<Vec<String>>,
    /// Number of records in a page of a stream; 0 leaves it to the engine.
    stream_page: AtomicU64,
    /// Marked as changed after each operation that may have written.
    writes: watch::Sender<()>,
    _stop: oneshot::Sender<()>,
}

impl DynamoDb {
    /// Starts the engine, in memory or with the file `directory/dynamodb.sqlite`.
    pub fn start(directory: Option<&Path>) -> io::Result<Self> {
        let database = match directory {
            None => Database::memory(),
            Some(directory) => {
                std::fs::create_dir_all(directory)?;
                Database::new(&directory.join("dynamodb.sqlite").to_string_lossy())
            }
        }
        .map_err(io::Error::other)?;
        let (stop, stopped) = oneshot::channel();
        let inner = Inner {
            engine: spawn_engine(database.clone(), stopped)?,
            database,
            client: crate::http_client().map_err(io::Error::other)?,
            operations: Mutex::default(),
            stream_page: AtomicU64::default(),
            writes: watch::Sender::default(),
            _stop: stop,
        };
        Ok(Self { inner: Arc::new(inner), faults: Faults::new("") })
    }

    /// Serves the `DynamoDB` protocol at `/`, and the controls below `/_sandbox`.
    pub fn router(&self) -> Router {
        let router = Router::new()
            .route("/", any(forward))
            .route("/_sandbox/state", get(show))
            .route("/_sandbox/reset", post(reset))
            .layer(DefaultBodyLimit::disable())
            .with_state(self.clone());
        self.faults.around(router)
    }

    /// Returns the active fault rules.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Returns the names of the operations that reached the engine so far, in order: `UpdateItem`, `GetItem`, …
    pub fn operations(&self) -> Vec<String> {
        self.inner.operations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells when items may have been written over the protocol or removed by a reset.
    pub fn writes(&self) -> watch::Receiver<()> {
        self.inner.writes.subscribe()
    }

    /// Limits the pages of the streams to `records` records, as a stream with large or sparse records does. 0 removes the
    /// limit.
    pub fn limit_stream_pages(&self, records: u64) {
        self.inner.stream_page.store(records, Ordering::Relaxed);
    }

    /// Returns the position of the whole stream of `table`, as a dead letter of Lambda names a batch, and the number of its
    /// records. Blocks.
    pub fn stream_batch(&self, table: &str) -> Result<(Value, usize), DynoxideError> {
        let database = &self.inner.database;
        let request = DescribeTableRequest { table_name: table.to_owned() };
        let stream_arn = database.describe_table(request)?.table.latest_stream_arn.unwrap_or_default();
        let request = DescribeStreamRequest { stream_arn: stream_arn.clone(), ..DescribeStreamRequest::default() };
        let shards = database.describe_stream(request)?.stream_description.shards;
        let shard_id = shards.into_iter().next().map(|shard| shard.shard_id).unwrap_or_default();
        let request = GetShardIteratorRequest {
            stream_arn: stream_arn.clone(),
            shard_id: shard_id.clone(),
            shard_iterator_type: "TRIM_HORIZON".to_owned(),
            sequence_number: None,
        };
        let mut next = database.get_shard_iterator(request)?.shard_iterator;
        let mut numbers = Vec::new();
        while let Some(shard_iterator) = next {
            let page = database.get_records(GetRecordsRequest { shard_iterator, limit: None })?;
            if page.records.is_empty() {
                break;
            }
            numbers.extend(page.records.into_iter().map(|record| record.dynamodb.sequence_number));
            next = page.next_shard_iterator;
        }
        let batch = json!({
            "shardId": shard_id, "startSequenceNumber": numbers.first(), "endSequenceNumber": numbers.last(),
            "streamArn": stream_arn,
        });
        Ok((batch, numbers.len()))
    }

    /// Returns the engine, for calls in this process.
    pub fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Returns all tables with all items, sorted by key: `{"tables": {name: [item]}}`. Blocks.
    pub fn state_json(&self) -> Result<Value, DynoxideError> {
        Ok(json!({ "tables": self.tables()? }))
    }

    /// Returns all tables with all items. Blocks.
    pub fn tables(&self) -> Result<Tables, DynoxideError> {
        self.table_names()?.into_iter().map(|table| Ok((table.clone(), self.items(&table)?))).collect()
    }

    /// Puts items into existing tables. Blocks.
    pub fn fill(&self, tables: &Tables) -> Result<(), DynoxideError> {
        for (table, items) in tables {
            for item in items {
                let item = item.clone().into_iter().collect();
                let request = PutItemRequest { table_name: table.clone(), item, ..PutItemRequest::default() };
                self.inner.database.put_item(request)?;
            }
        }
        self.inner.writes.send_replace(());
        Ok(())
    }

    /// Deletes the items of every table, which the streams record, but not the tables. Clears the fault rules. Blocks.
    pub fn reset(&self) -> Result<(), DynoxideError> {
        self.faults.clear();
        for table in self.table_names()? {
            let names = self.key_names(&table)?;
            for mut item in self.items(&table)? {
                item.retain(|name, _| names.contains(name));
                let key = item.into_iter().collect();
                let request = DeleteItemRequest { table_name: table.clone(), key, ..DeleteItemRequest::default() };
                self.inner.database.delete_item(request)?;
            }
        }
        self.inner.writes.send_replace(());
        Ok(())
    }

    fn table_names(&self) -> Result<Vec<String>, DynoxideError> {
        let mut names = Vec::new();
        let mut request = ListTablesRequest::default();
        loop {
            let page = self.inner.database.list_tables(request)?;
            names.extend(page.table_names);
            if page.last_evaluated_table_name.is_none() {
                return Ok(names);
            }
            request = ListTablesRequest { exclusive_start_table_name: page.last_evaluated_table_name, limit: None };
        }
    }

    fn key_names(&self, table: &str) -> Result<Vec<String>, DynoxideError> {
        let request = DescribeTableRequest { table_name: table.to_owned() };
        let schema = self.inner.database.describe_table(request)?.table.key_schema;
        Ok(schema.into_iter().map(|element| element.attribute_name).collect())
    }

    fn items(&self, table: &str) -> Result<Vec<OrderedItem>, DynoxideError> {
        let mut items: Vec<OrderedItem> = Vec::new();
        let mut start = None;
        loop {
            let request =
                ScanRequest { table_name: table.to_owned(), exclusive_start_key: start, ..ScanRequest::default() };
            let page = self.inner.database.scan(request)?;
            items.extend(page.items.unwrap_or_default().into_iter().map(|item| item.into_iter().collect()));
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let names = self.key_names(table)?;
        items.sort_by_cached_key(|item| names.iter().map(|name| json!(item.get(name)).to_string()).collect::<Vec<_>>());
        Ok(items)
    }
}

fn spawn_engine(database: Database, stopped: oneshot::Receiver<()>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let serve = async move {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
        let stop = async move {
            // An error means that the sender was dropped, which also means stop.
            let _ = stopped.await;
        };
        dynoxide::server::serve_with_shutdown(listener, database, stop).await
    };
    thread::Builder::new().name("dynamodb".into()).spawn(move || {
        if let Err(error) = runtime.block_on(serve) {
            tracing::error!(error, "the DynamoDB engine stopped");
        }
    })?;
    Ok(address)
}

async fn forward(
    State(dynamodb): State<DynamoDb>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Inner { engine, client, operations, writes, stream_page, .. } = &*dynamodb.inner;
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let body = match stream_page.load(Ordering::Relaxed) {
        limit if limit > 0 && operation == "GetRecords" => with_limit(&body, limit),
        _ => body,
    };
    let may_write = !READS.contains(&operation.as_str());
    operations.lock().unwrap_or_else(PoisonError::into_inner).push(operation.clone());
    if let Some(message) = validation::refusal(&operation, &body) {
        let body = json!({ "__type": "com.amazon.coral.validate#ValidationException", "message": message });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    remove_connection_headers(&mut headers);
    let sent = client.request(method, format!("http://{engine}{uri}")).headers(headers).body(body).send().await;
    let response = received(sent).await;
    if may_write {
        writes.send_replace(());
    }
    match response {
        Ok(response) => response,
        Err(error) => {
            let body = json!({
                "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": error.to_string()
            });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response()
        }
    }
}

/// Returns a request with another limit.
fn with_limit(body: &Bytes, limit: u64) -> Bytes {
    let mut request: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Some(members) = request.as_object_mut() {
        members.insert("Limit".to_owned(), json!(limit));
    }
    request.to_string().into()
}

async fn received(sent: reqwest::Result<reqwest::Response>) -> reqwest::Result<Response> {
    let mut answer = sent?;
    let mut headers = std::mem::take(answer.headers_mut());
    remove_connection_headers(&mut headers);
    Ok((answer.status(), headers, answer.bytes().await?).into_response())
}

/// Removes the headers of a single connection, and the length, which is set again.
fn remove_connection_headers(headers: &mut HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH, header::EXPECT] {
        headers.remove(name);
    }
}

async fn show(State(dynamodb): State<DynamoDb>) -> Response {
    in_background(move || dynamodb.state_json()).await
}

async fn reset(State(dynamodb): State<DynamoDb>) -> Response {
    in_background(move || dynamodb.reset().map(|()| json!({}))).await
}

async fn in_background(work: impl FnOnce() -> Result<Value, DynoxideError> + Send + 'static) -> Response {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string());
    match done.and_then(|result| result.map_err(|error| error.to_string())) {
        Ok(json) => Json(json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error }))).into_response(),
    }
}
