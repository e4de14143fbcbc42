//! The engine behind the forwarder. Its own calls are subject to no fault rule and are not counted.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::thread;

use axum::body::Bytes;
use axum::response::Response;
use dynoxide::Database;
use http::{HeaderMap, Method, header};
use serde_json::{Map, Value, json};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::forward::forward;

/// Operations of `DynamoDB` Streams, which have another target than those of `DynamoDB`.
const STREAMS: [&str; 3] = ["DescribeStream", "GetRecords", "GetShardIterator"];

/// Maximum number of items in a `BatchWriteItem`.
const BATCH: usize = 25;

/// A signature for engines that require one and do not check it.
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, \
     SignedHeaders=host;x-amz-date, Signature=local";

/// A call of the engine that failed.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The engine did not answer.
    #[error("the engine did not answer: {0}")]
    Unanswered(#[from] reqwest::Error),
    /// The engine refused the call.
    #[error("{operation} was refused: {answer}")]
    Refused {
        /// The operation, such as `Scan`.
        operation: String,
        /// The answer.
        answer: Value,
    },
}

pub(super) struct Engine {
    url: String,
    client: reqwest::Client,
    kind: Kind,
}

enum Kind {
    /// dynoxide, which stops when this is dropped.
    Own { _stop: oneshot::Sender<()> },
    /// Another engine, which may hold more than this table.
    Other { table: String },
}

impl Engine {
    /// Starts dynoxide, in memory or with the file `directory/dynamodb.sqlite`.
    pub(super) fn start(directory: Option<&Path>) -> io::Result<Self> {
        let database = match directory {
            None => Database::memory(),
            Some(directory) => {
                std::fs::create_dir_all(directory)?;
                Database::new(&directory.join("dynamodb.sqlite").to_string_lossy())
            }
        }
        .map_err(io::Error::other)?;
        let (stop, stopped) = oneshot::channel();
        let url = format!("http://{}", spawn(database, stopped)?);
        Ok(Self { url, client: client()?, kind: Kind::Own { _stop: stop } })
    }

    /// Another engine. The controls concern only `table`.
    pub(super) fn other(url: &str, table: &str) -> io::Result<Self> {
        Ok(Self { url: url.to_owned(), client: client()?, kind: Kind::Other { table: table.to_owned() } })
    }

    pub(super) fn is_own(&self) -> bool {
        matches!(self.kind, Kind::Own { .. })
    }

    /// Passes a request on.
    pub(super) async fn forward(&self, method: Method, headers: HeaderMap, body: Bytes) -> reqwest::Result<Response> {
        forward(&self.client, &self.url, method, headers, body).await
    }

    /// Calls an operation.
    pub(super) async fn call(&self, operation: &str, request: &Value) -> Result<Value, EngineError> {
        let service = if STREAMS.contains(&operation) { "DynamoDBStreams" } else { "DynamoDB" };
        let sent = self
            .client
            .post(&self.url)
            .header(header::CONTENT_TYPE, "application/x-amz-json-1.0")
            .header("x-amz-target", format!("{service}_20120810.{operation}"))
            .header("x-amz-date", "20260101T000000Z")
            .header(header::AUTHORIZATION, SIGNATURE)
            .body(request.to_string())
            .send()
            .await?;
        let (is_success, answer) = (sent.status().is_success(), sent.json().await?);
        if is_success { Ok(answer) } else { Err(EngineError::Refused { operation: operation.to_owned(), answer }) }
    }

    /// Returns the names of the tables that the controls concern.
    pub(super) async fn tables(&self) -> Result<Vec<String>, EngineError> {
        if let Kind::Other { table } = &self.kind {
            return Ok(vec![table.clone()]);
        }
        let mut names = Vec::new();
        let mut request = json!({});
        loop {
            let page = self.call("ListTables", &request).await?;
            names.extend(list(&page, "TableNames").filter_map(Value::as_str).map(str::to_owned));
            match page.get("LastEvaluatedTableName") {
                Some(last) => request = json!({ "ExclusiveStartTableName": last }),
                None => return Ok(names),
            }
        }
    }

    /// Returns all items of a table, sorted by key.
    pub(super) async fn items(&self, table: &str) -> Result<Vec<Value>, EngineError> {
        let mut items: Vec<Value> = Vec::new();
        let mut request = json!({ "TableName": table, "ConsistentRead": true });
        loop {
            let page = self.call("Scan", &request).await?;
            items.extend(list(&page, "Items").cloned());
            match (page.get("LastEvaluatedKey"), request.as_object_mut()) {
                (Some(last), Some(request)) => drop(request.insert("ExclusiveStartKey".to_owned(), last.clone())),
                _ => break,
            }
        }
        let names = self.key_names(table).await?;
        items.sort_by_cached_key(|item| names.iter().map(|name| json!(item.get(name)).to_string()).collect::<Vec<_>>());
        Ok(items)
    }

    /// Puts items into a table.
    pub(super) async fn fill(&self, table: &str, items: &[Value]) -> Result<(), EngineError> {
        for batch in items.chunks(BATCH) {
            let puts: Vec<_> = batch.iter().map(|item| json!({ "PutRequest": { "Item": item } })).collect();
            let mut left = json!({ table: puts });
            while left.get(table).and_then(Value::as_array).is_some_and(|puts| !puts.is_empty()) {
                let mut answer = self.call("BatchWriteItem", &json!({ "RequestItems": left })).await?;
                left = answer.get_mut("UnprocessedItems").map(Value::take).unwrap_or_default();
            }
        }
        Ok(())
    }

    /// Ends the stream of a table.
    pub(super) async fn stop_stream(&self, table: &str) -> Result<(), EngineError> {
        let request = json!({ "TableName": table, "StreamSpecification": { "StreamEnabled": false } });
        self.call("UpdateTable", &request).await.map(drop)
    }

    /// Deletes the items of a table, which its stream records.
    pub(super) async fn empty(&self, table: &str) -> Result<(), EngineError> {
        let names = self.key_names(table).await?;
        for item in self.items(table).await? {
            let key: Map<String, Value> =
                names.iter().filter_map(|name| Some((name.clone(), item.get(name)?.clone()))).collect();
            self.call("DeleteItem", &json!({ "TableName": table, "Key": key })).await?;
        }
        Ok(())
    }

    async fn key_names(&self, table: &str) -> Result<Vec<String>, EngineError> {
        let described = self.call("DescribeTable", &json!({ "TableName": table })).await?;
        let schema = described.get("Table").into_iter().flat_map(|table| list(table, "KeySchema"));
        Ok(schema.filter_map(|element| Some(element.get("AttributeName")?.as_str()?.to_owned())).collect())
    }

    /// Returns the position of the whole stream of a table, as a dead letter of Lambda names a batch, and the number of its
    /// records.
    pub(super) async fn stream_batch(&self, table: &str) -> Result<(Value, usize), EngineError> {
        let described = self.call("DescribeTable", &json!({ "TableName": table })).await?;
        let arn = described.get("Table").and_then(|table| table.get("LatestStreamArn"));
        let described = self.call("DescribeStream", &json!({ "StreamArn": arn })).await?;
        let mut shards = described.get("StreamDescription").into_iter().flat_map(|stream| list(stream, "Shards"));
        let shard = shards.find_map(|shard| shard.get("ShardId"));
        let begin = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let mut next = self.call("GetShardIterator", &begin).await?.get("ShardIterator").cloned();
        let mut numbers = Vec::new();
        while let Some(iterator) = next {
            let page = self.call("GetRecords", &json!({ "ShardIterator": iterator })).await?;
            let known = numbers.len();
            numbers.extend(
                list(&page, "Records").filter_map(|record| record.get("dynamodb")?.get("SequenceNumber")).cloned(),
            );
            next = page.get("NextShardIterator").filter(|_| numbers.len() > known).cloned();
        }
        let batch = json!({
            "shardId": shard, "startSequenceNumber": numbers.first(), "endSequenceNumber": numbers.last(),
            "streamArn": arn,
        });
        Ok((batch, numbers.len()))
    }
}

fn client() -> io::Result<reqwest::Client> {
    crate::http_client().map_err(io::Error::other)
}

fn list<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    answer.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn spawn(database: Database, stopped: oneshot::Receiver<()>) -> io::Result<SocketAddr> {
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
