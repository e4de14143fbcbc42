//! A `DynamoDB` engine, which is dynoxide unless another one is named, and in front of it a forwarder that applies fault
//! rules.
//!
//! dynoxide runs on a separate thread and runtime, because its calls block.

mod capacity;
mod engine;
mod rerouted;
mod temporary;
mod validation;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::watch;

pub use self::capacity::Consumed;
use self::capacity::Meter;
use self::engine::Engine;
pub use self::engine::EngineError;
pub use self::rerouted::rerouted;
pub use self::temporary::TemporaryTable;
use self::validation::Schema;
use crate::faults::Faults;

/// Operations that write nothing.
const READS: [&str; 10] = [
    "BatchGetItem",
    "DescribeStream",
    "DescribeTable",
    "GetItem",
    "GetRecords",
    "GetShardIterator",
    "ListTables",
    "Query",
    "Scan",
    "TransactGetItems",
];

/// A forwarder and its engine. Clones share them. dynoxide stops when the last clone is dropped.
#[derive(Clone)]
pub struct DynamoDb {
    inner: Arc<Inner>,
    faults: Faults,
}

struct Inner {
    engine: Engine,
    operations: Mutex<Vec<String>>,
    meter: Meter,
    /// Number of records in a page of a stream; 0 leaves it to the engine.
    stream_page: AtomicU64,
    /// Marked as changed after each operation that may have written.
    writes: watch::Sender<()>,
    /// Schemas of the tables that were written or queried.
    schemas: Mutex<BTreeMap<String, Schema>>,
}

impl DynamoDb {
    /// Starts dynoxide, in memory or with the file `directory/dynamodb.sqlite`.
    pub fn start(directory: Option<&Path>) -> io::Result<Self> {
        Engine::start(directory).map(Self::of)
    }

    /// Uses the engine at `url`, which may hold other tables than `table`. The controls do not concern them.
    pub fn in_front_of(url: &str, table: &str) -> io::Result<Self> {
        Engine::other(url, table).map(Self::of)
    }

    fn of(engine: Engine) -> Self {
        let inner = Inner {
            engine,
            operations: Mutex::default(),
            meter: Meter::default(),
            stream_page: AtomicU64::default(),
            writes: watch::Sender::default(),
            schemas: Mutex::default(),
        };
        Self { inner: Arc::new(inner), faults: Faults::new("") }
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

    /// Records from now on what operations consume. An engine of another maker may tell nothing.
    pub fn meter(&self) {
        self.inner.meter.switch_on();
    }

    /// Returns the operations since the last call, or since the meter was switched on, in the order in which they ended.
    pub fn consumed(&self) -> Vec<Consumed> {
        self.inner.meter.take()
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
    /// records.
    pub async fn stream_batch(&self, table: &str) -> Result<(Value, usize), EngineError> {
        self.inner.engine.stream_batch(table).await
    }

    /// Ends the stream of `table`, for tests with very many items that deliver its records themselves: dynoxide's time for a
    /// write grows with the records that the stream holds.
    pub async fn stop_stream(&self, table: &str) -> Result<(), EngineError> {
        self.inner.engine.stop_stream(table).await
    }

    /// Calls an operation of the engine. No fault rule applies, and it is not one of the
    /// [`operations`](Self::operations).
    pub async fn call(&self, operation: &str, request: &Value) -> Result<Value, EngineError> {
        self.inner.engine.call(operation, request).await
    }

    /// Returns the items of a table, sorted by key.
    pub async fn items(&self, table: &str) -> Result<Vec<Value>, EngineError> {
        self.inner.engine.items(table).await
    }

    /// Returns all tables with all items, sorted by key: `{"tables": {name: [item]}}`.
    pub async fn state_json(&self) -> Result<Value, EngineError> {
        let engine = &self.inner.engine;
        let mut tables = Map::new();
        for table in engine.tables().await? {
            let items = engine.items(&table).await?;
            tables.insert(table, items.into());
        }
        Ok(json!({ "tables": tables }))
    }

    /// Puts items into a table.
    pub async fn fill(&self, table: &str, items: &[Value]) -> Result<(), EngineError> {
        self.inner.engine.fill(table, items).await?;
        self.inner.writes.send_replace(());
        Ok(())
    }

    /// Returns the message of AWS's refusal, if dynoxide does not refuse the request itself.
    async fn refusal(&self, operation: &str, body: &[u8]) -> Option<String> {
        let Inner { engine, schemas, .. } = &*self.inner;
        let known = || schemas.lock().unwrap_or_else(PoisonError::into_inner);
        if ["CreateTable", "DeleteTable", "UpdateTable"].contains(&operation) {
            known().clear();
        }
        let request = serde_json::from_slice(body).ok()?;
        for table in validation::tables(operation, &request) {
            if !known().contains_key(&table)
                && let Ok(described) = engine.call("DescribeTable", &json!({ "TableName": table })).await
            {
                known().insert(table, Schema::of(&described));
            }
        }
        validation::refusal(operation, &request, |table| known().get(table).cloned())
    }

    /// Deletes the items of every table, which the streams record, but not the tables. Clears the fault rules.
    pub async fn reset(&self) -> Result<(), EngineError> {
        self.faults.clear();
        let engine = &self.inner.engine;
        for table in engine.tables().await? {
            engine.empty(&table).await?;
        }
        self.inner.writes.send_replace(());
        Ok(())
    }
}

async fn forward(State(dynamodb): State<DynamoDb>, method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let Inner { engine, operations, meter, writes, stream_page, .. } = &*dynamodb.inner;
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let body = match stream_page.load(Ordering::Relaxed) {
        limit if limit > 0 && operation == "GetRecords" => with_limit(&body, limit),
        _ if meter.is_on() => capacity::with_capacity(&body),
        _ => body,
    };
    let may_write = !READS.contains(&operation.as_str());
    operations.lock().unwrap_or_else(PoisonError::into_inner).push(operation.clone());
    if engine.is_own()
        && let Some(message) = dynamodb.refusal(&operation, &body).await
    {
        let body = json!({ "__type": "com.amazon.coral.validate#ValidationException", "message": message });
        return (StatusCode::BAD_REQUEST, Json(body)).into_response();
    }
    let response = engine.forward(method, headers, body).await;
    if may_write {
        writes.send_replace(());
    }
    match response {
        Ok(response) if meter.is_on() => meter.record(&operation, response).await,
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

async fn show(State(dynamodb): State<DynamoDb>) -> Response {
    done(dynamodb.state_json().await)
}

async fn reset(State(dynamodb): State<DynamoDb>) -> Response {
    done(dynamodb.reset().await.map(|()| json!({})))
}

fn done(result: Result<Value, EngineError>) -> Response {
    match result {
        Ok(json) => Json(json).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error.to_string() }))).into_response(),
    }
}
