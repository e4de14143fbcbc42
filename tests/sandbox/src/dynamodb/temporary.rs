//! A table of another engine that is deleted with its stack, so that tests leave nothing behind and an engine that works
//! slower with each table does not slow down.

use std::thread;

use serde_json::json;

use super::engine::{Engine, EngineError};

/// Deletes the table when it is dropped.
pub struct TemporaryTable {
    url: String,
    table: String,
}

impl TemporaryTable {
    /// The table of the engine at `url`.
    pub fn new(url: String, table: String) -> Self {
        Self { url, table }
    }
}

impl Drop for TemporaryTable {
    fn drop(&mut self) {
        let (url, table) = (std::mem::take(&mut self.url), std::mem::take(&mut self.table));
        // A thread of its own, because the runtime of the stack may be ending and cannot be blocked.
        let deleted = thread::spawn(move || {
            let engine = Engine::other(&url, &table).map_err(|error| error.to_string())?;
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| error.to_string())?;
            let request = json!({ "TableName": table });
            let deleted = runtime.block_on(engine.call("DeleteTable", &request));
            deleted.map(drop).map_err(|error: EngineError| error.to_string())
        });
        if let Ok(Err(error)) = deleted.join() {
            tracing::warn!(error, "the table was not deleted");
        }
    }
}
