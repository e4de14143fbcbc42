//! The sandbox's own paths, below `/_sandbox`: what a test may see and do behind the vendor's back.

use axum::body::Bytes;
use axum::extract::State as Extracted;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::DropboxSandbox;

type Sandbox = Extracted<DropboxSandbox>;
type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;

/// All paths but the faults'.
pub fn controls() -> Router<DropboxSandbox> {
    Router::new()
        .route("/_sandbox/state", get(show))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/clock", post(advance))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

async fn show(sandbox: Sandbox) -> Json<Value> {
    Json(sandbox.state_json())
}

async fn reset(sandbox: Sandbox) -> Answer {
    sandbox.reset().map_err(|error| refused(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))?;
    Ok(Json(json!({})))
}

async fn advance(sandbox: Sandbox, body: Bytes) -> Answer {
    let step: Advance =
        serde_json::from_slice(&body).map_err(|error| refused(StatusCode::BAD_REQUEST, &error.to_string()))?;
    sandbox.clock().advance(SignedDuration::from_secs(step.advance_seconds));
    Ok(Json(json!({ "now": sandbox.clock().now() })))
}

fn refused(status: StatusCode, error: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({ "error": error })))
}
