//! What stands in for Secrets Manager, so that a function's binary finds the demo installation. One secret answers to
//! every name.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// Serves `secret` as the value of every secret.
pub fn router(secret: &Value) -> Router {
    Router::new().route("/", post(answer)).with_state(Arc::new(secret.to_string()))
}

async fn answer(State(secret): State<Arc<String>>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    if operation != "secretsmanager.GetSecretValue" {
        let error = json!({ "__type": "UnknownOperationException", "message": operation });
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = asked.get("SecretId").and_then(Value::as_str).unwrap_or_default();
    Json(json!({
        "ARN": format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{id}"),
        "Name": id,
        "SecretString": *secret,
        "VersionId": "00000000-0000-4000-8000-000000000000",
        "VersionStages": ["AWSCURRENT"],
    }))
    .into_response()
}
