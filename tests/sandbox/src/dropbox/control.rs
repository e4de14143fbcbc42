//! The sandbox's control paths, below `/_sandbox`: operations for tests that the API does not offer.

use axum::extract::State as Extracted;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::DropboxSandbox;

type Sandbox = Extracted<DropboxSandbox>;
type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;

/// All control paths except those of the faults.
pub fn controls() -> Router<DropboxSandbox> {
    Router::new().route("/_sandbox/state", get(show)).route("/_sandbox/reset", post(reset))
}

async fn show(sandbox: Sandbox) -> Json<Value> {
    Json(sandbox.state_json())
}

async fn reset(sandbox: Sandbox) -> Answer {
    sandbox.reset().map_err(|error| refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))?;
    Ok(Json(json!({})))
}

fn refused(status: StatusCode, error: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({ "error": error })))
}
