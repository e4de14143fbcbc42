//! What stands in for Secrets Manager and KMS, so that a function's binary finds the demo installation and can keep what is
//! secret. One secret answers to every name, and what is sealed here is only wrapped.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// Serves both, with `secret` as the value of every secret.
pub fn router(secret: &Value) -> Router {
    Router::new().route("/", post(answer)).with_state(Arc::new(secret.to_string()))
}

async fn answer(State(secret): State<Arc<String>>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = match operation {
        "secretsmanager.GetSecretValue" => Ok(get_secret_value(&asked, &secret)),
        "TrentService.Encrypt" => Ok(encrypt(&asked)),
        "TrentService.Decrypt" => decrypt(&asked).ok_or("InvalidCiphertextException"),
        _ => Err("UnknownOperationException"),
    };
    match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "__type": error, "message": operation }))).into_response(),
    }
}

fn get_secret_value(asked: &Value, secret: &str) -> Value {
    let id = asked.get("SecretId").and_then(Value::as_str).unwrap_or_default();
    json!({
        "ARN": format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{id}"),
        "Name": id,
        "SecretString": secret,
        "VersionId": "00000000-0000-4000-8000-000000000000",
        "VersionStages": ["AWSCURRENT"],
    })
}

/// The plaintext with its context, which must be the same again when it is opened.
fn encrypt(asked: &Value) -> Value {
    let wrapped = json!([asked.get("EncryptionContext"), asked.get("Plaintext")]).to_string();
    json!({ "KeyId": asked.get("KeyId"), "CiphertextBlob": STANDARD.encode(wrapped) })
}

fn decrypt(asked: &Value) -> Option<Value> {
    let wrapped = STANDARD.decode(asked.get("CiphertextBlob")?.as_str()?).ok()?;
    let [context, plaintext]: [Value; 2] = serde_json::from_slice(&wrapped).ok()?;
    (asked.get("EncryptionContext") == Some(&context)).then(|| json!({ "Plaintext": plaintext }))
}
