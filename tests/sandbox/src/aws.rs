//! Stand-in for Secrets Manager, KMS and SQS, so that a function's binary finds the demo installation, can encrypt and
//! has its queues. KMS encrypts with the local stack's own key, so that a function beside the stack can decrypt what the
//! stack encrypted, and the other way round.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use service_manager::auth::encryption::Sealer;

use crate::sqs::Queues;
use crate::stack::{API_KEY, APPLICATION_ID, REPORTER_ID, REPORTER_KEY};

/// The name of the reporters' secret.
const REPORTERS: &str = "reporters";

#[derive(Clone)]
struct Services {
    queues: Queues,
    sealer: Arc<Sealer>,
}

/// Serves the three services. The secret `reporters`, named so or by an ARN, contains the demo reporter; any other secret
/// contains the demo application. `GET /_sandbox/queues` shows all messages, `POST /_sandbox/reset` removes them.
pub fn router(queues: &Queues, sealer: &Arc<Sealer>) -> Router {
    Router::new()
        .route("/", post(answer))
        .route("/_sandbox/queues", get(show))
        .route("/_sandbox/reset", post(reset))
        .with_state(Services { queues: queues.clone(), sealer: Arc::clone(sealer) })
}

async fn show(State(services): State<Services>) -> Json<Value> {
    Json(services.queues.state_json())
}

async fn reset(State(services): State<Services>) -> Json<Value> {
    services.queues.clear();
    Json(json!({}))
}

async fn answer(State(Services { queues, sealer }): State<Services>, headers: HeaderMap, body: Bytes) -> Response {
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let answer = match operation {
        "secretsmanager.GetSecretValue" => Ok(get_secret_value(&asked)),
        "TrentService.Encrypt" => encrypt(&sealer, &asked).await.ok_or("ValidationException"),
        "TrentService.Decrypt" => decrypt(&sealer, &asked).await.ok_or("InvalidCiphertextException"),
        _ => match operation.strip_prefix("AmazonSQS.") {
            Some(operation) => queues.answer(operation, asked),
            None => Err("UnknownOperationException"),
        },
    };
    match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "__type": error, "message": operation }))).into_response(),
    }
}

fn get_secret_value(asked: &Value) -> Value {
    let id = asked.get("SecretId").and_then(Value::as_str).unwrap_or_default();
    // An ARN ends with the name and six characters that AWS adds.
    let name = id.rsplit_once(":secret:").and_then(|(_, name)| name.rsplit_once('-')).map_or(id, |(name, _)| name);
    let secret = match name {
        REPORTERS => json!({ REPORTER_ID: REPORTER_KEY }),
        _ => json!({ APPLICATION_ID: API_KEY }),
    };
    json!({
        "ARN": format!("arn:aws:secretsmanager:eu-west-1:000000000000:secret:{name}"),
        "Name": name,
        "SecretString": secret.to_string(),
        "VersionId": "00000000-0000-4000-8000-000000000000",
        "VersionStages": ["AWSCURRENT"],
    })
}

/// Encrypts text for the tenant of the encryption context. Decryption requires the same tenant.
async fn encrypt(sealer: &Sealer, asked: &Value) -> Option<Value> {
    let plaintext = STANDARD.decode(asked.get("Plaintext")?.as_str()?).ok()?;
    let ciphertext = sealer.seal(tenant(asked)?, std::str::from_utf8(&plaintext).ok()?).await.ok()?;
    Some(json!({ "KeyId": asked.get("KeyId"), "CiphertextBlob": ciphertext }))
}

async fn decrypt(sealer: &Sealer, asked: &Value) -> Option<Value> {
    let opened = sealer.open(tenant(asked)?, asked.get("CiphertextBlob")?.as_str()?).await.ok()?;
    Some(json!({ "Plaintext": STANDARD.encode(opened) }))
}

fn tenant(asked: &Value) -> Option<&str> {
    asked.pointer("/EncryptionContext/tenant")?.as_str()
}
