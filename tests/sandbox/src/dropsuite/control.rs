//! The sandbox's own paths, below `/_sandbox`: what a test may see and do behind the vendor's back.

use axum::body::Bytes;
use axum::extract::{Path, State as Extracted};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::{DropsuiteSandbox, registration};

type Sandbox = Extracted<DropsuiteSandbox>;
type Answer = Result<Json<Value>, Refusal>;

/// All paths but the faults'.
pub fn controls() -> Router<DropsuiteSandbox> {
    Router::new()
        .route("/_sandbox/state", get(show))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/organizations", post(create))
        .route("/_sandbox/organizations/{id}", patch(tamper))
}

async fn show(sandbox: Sandbox) -> Json<Value> {
    Json(sandbox.state_json())
}

async fn reset(sandbox: Sandbox) -> Answer {
    sandbox.reset().map_err(|error| Refusal::Unsaved(error.to_string()))?;
    Ok(Json(json!({})))
}

async fn create(sandbox: Sandbox, body: Bytes) -> Result<(StatusCode, Json<Value>), Refusal> {
    let row = sandbox.change(|state, now| registration::create_in_portal(state, &body, now))?;
    Ok((StatusCode::CREATED, Json(row)))
}

async fn tamper(sandbox: Sandbox, Path(id): Path<String>, body: Bytes) -> Answer {
    sandbox.change(|state, _| registration::tamper(state, &id, &body)).map(Json)
}
